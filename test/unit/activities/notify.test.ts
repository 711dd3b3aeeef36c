import { describe, expect, it } from 'vitest';
import type { NotifyInput } from '../../../src/activities/types.ts';
import { reason } from '../../../src/jobs/reason.ts';
import { INITIAL_RETRY_STATE } from '../../../src/jobs/next-step.ts';
import { beginAttempt, enter, newStory, viewOf } from '../../../src/workflows/job-story.ts';
import { aJob, P4D, TOPIC } from '../../support/a-job.ts';
import { ActivityWorld } from './activity-world.ts';

const START = Date.UTC(2026, 10, 21, 12);

function completedJob(): NotifyInput {
  const job = aJob({ jobId: 'rank', user: 'ana@example.com' });
  const story = newStory(job, INITIAL_RETRY_STATE, START);
  beginAttempt(story, {
    attempt: 1,
    name: 'ty-rank-1',
    placement: P4D,
    lease: 1,
    launchedAt: START,
    ranMsBefore: 0,
  });
  enter(story, 'RUNNING', reason('TRAINING', { placement: P4D }), START + 90_000);
  enter(story, 'SUCCEEDED', reason('COMPLETED', { placement: P4D }), START + 90_000 + 3_700_000);
  return {
    event: 'SUCCEEDED',
    topicArn: TOPIC,
    notificationId: 'rank/run-1/SUCCEEDED',
    job: viewOf(job, story),
  };
}

describe('a notification', () => {
  it('has a subject and a text for people', async () => {
    const world = new ActivityWorld();
    await world.run('sendNotification', completedJob());
    const [sent] = world.notifier.sent;
    expect(sent?.subject).toBe('Trainyard: rank SUCCEEDED');
    expect(sent?.text).toContain('Training completed on 1 × ml.p4d.24xlarge.');
    expect(sent?.text).toContain('Waited:    1 min 30 s');
    expect(sent?.text).toContain('Ran:       1 h 1 min');
  });

  it('has JSON for programs and attributes to filter on', async () => {
    const world = new ActivityWorld();
    await world.run('sendNotification', completedJob());
    const [sent] = world.notifier.sent;
    expect(JSON.parse(sent?.json ?? '')).toMatchObject({
      id: 'rank/run-1/SUCCEEDED',
      status: 'SUCCEEDED',
      reason: { code: 'COMPLETED' },
      runningSeconds: 3_700,
      endedAt: '2026-11-21T13:03:10.000Z',
    });
    expect(sent?.attributes).toEqual({
      event: 'SUCCEEDED',
      status: 'SUCCEEDED',
      reasonCode: 'COMPLETED',
      jobId: 'rank',
      user: 'ana@example.com',
    });
  });

  it('to a topic that does not exist fails for good', async () => {
    const world = new ActivityWorld();
    const input = { ...completedJob(), topicArn: `${TOPIC}-gone` };
    await expect(world.run('sendNotification', input)).rejects.toMatchObject({ nonRetryable: true });
  });

  it('that is throttled is tried again', async () => {
    const world = new ActivityWorld();
    world.notifier.failNext('ThrottledException', 'Rate exceeded', { retryable: true });
    await expect(world.run('sendNotification', completedJob())).rejects.toMatchObject({
      nonRetryable: false,
    });
  });
});
