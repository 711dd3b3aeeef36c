import { describe, expect, it } from 'vitest';
import { optionsOf } from '../../../src/queues/ticket.ts';
import type { Entry } from '../../../src/workflows/queue-entry.ts';
import { QueueStory } from '../../../src/workflows/queue-story.ts';
import { leasesOf, nextWaiting } from '../../../src/workflows/queue-surveyed.ts';
import { aJob, P4D } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';

const NOW = 1_700_000_000_000;

function add(story: QueueStory, id: string): Entry {
  const options = optionsOf([P4D], story.spec);
  const profile = { placements: [P4D] };
  return story.add({ id, profile, share: 'default', options, priority: 0, queuedAt: NOW, held: false }, NOW);
}

/** A queue with so many jobs that wait: job0, job1, ... */
function waiting(count: number): QueueStory {
  const story = new QueueStory(aQueue('q', { limit: 1 }));
  for (let n = 0; n < count; n += 1) add(story, `job${n}`);
  return story;
}

describe('the waiting jobs of a survey', () => {
  it('are a thousand at a time, until all had their turn, and then the first again', () => {
    const story = waiting(2_500);
    const seen: string[] = [];
    const sizes: number[] = [];
    let after = 0;
    for (let surveys = 0; surveys < 3; surveys += 1) {
      const next = nextWaiting(story, after);
      seen.push(...next.waiting);
      sizes.push(next.waiting.length);
      after = next.upTo;
    }
    expect(sizes).toEqual([1_000, 1_000, 500]);
    expect(new Set(seen).size).toBe(2_500);
    expect(nextWaiting(story, after).waiting[0]).toBe('job0');
  });

  it('go on behind a job that has left meanwhile', () => {
    const story = waiting(1_002);
    const { upTo } = nextWaiting(story, 0);
    for (const id of ['job999', 'job1000']) story.remove(story.get(id)!, NOW);
    expect(nextWaiting(story, upTo)).toEqual({ waiting: ['job1001'], upTo: 0 });
  });

  it('are neither those that hold a lease nor those whose workflow is still to be started', () => {
    const story = waiting(3);
    const [option] = optionsOf([P4D], story.spec);
    if (option === undefined) throw new Error('the queue has P4');
    story.admitted(story.get('job0')!, option, NOW, false);
    story.accepted.set('job1', { job: aJob({ jobId: 'job1' }), submittedAt: NOW });
    expect(nextWaiting(story, 0).waiting).toEqual(['job2']);
    expect(leasesOf(story)).toEqual([{ jobId: 'job0', lease: 1, since: NOW }]);
  });
});

describe('a pause', () => {
  const clockOf = (story: QueueStory, id: string): number => story.get(id)?.runnableSince ?? NaN;

  it('stops the clocks of waiting times, of those who come meanwhile too', () => {
    const story = waiting(1);
    story.pause(true, NOW + 10_000);
    const late = add(story, 'late');
    late.runnableSince = NOW + 30_000;
    expect(story.pause(true, NOW + 40_000)).toBe(false);
    expect(story.pause(false, NOW + 50_000)).toBe(true);
    expect(clockOf(story, 'job0')).toBe(NOW + 40_000);
    expect(clockOf(story, 'late')).toBe(NOW + 50_000);
  });

  it('outlives continue-as-new', () => {
    const story = waiting(1);
    story.pause(true, NOW);
    const next = new QueueStory(story.spec, story.carried());
    expect(next.paused).toBe(true);
    next.pause(false, NOW + 60_000);
    expect(clockOf(next, 'job0')).toBe(NOW + 60_000);
  });
});
