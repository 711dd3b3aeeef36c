import { describe, expect, it } from 'vitest';
import { aJob, G6, P4D, P5, TOPIC } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import {
  completes,
  failsWith,
  lookingEvery,
  neverHere,
  outOfCapacity,
  quotaExceeded,
  ScriptedSageMaker,
  type Scene,
} from './scripted-sagemaker.ts';
import { resultOf, Stage } from './stage.ts';

const DAY = 24 * 3_600_000;

const stage = new Stage(await environmentOfThisFile());

describe('a job that trains', () => {
  it('ends SUCCEEDED with its model, metrics and cost', async () => {
    const { job } = await stage.play(aJob(), new ScriptedSageMaker(completes()));
    expect(job).toMatchObject({
      status: 'SUCCEEDED',
      reason: { code: 'COMPLETED', sentence: 'Training completed on 1 × ml.p4d.24xlarge.' },
      modelUri: 's3://models/out/model.tar.gz',
      metrics: [{ name: 'accuracy', value: 0.97 }],
      attemptCount: 1,
    });
    expect(job.costUsd).toBeGreaterThan(20);
  });

  it('tells its story in order', async () => {
    const { events } = await stage.play(aJob(), new ScriptedSageMaker(completes()));
    expect(events.map((event) => event.reason.code)).toEqual([
      'ACCEPTED',
      'LAUNCHING',
      'WAITING_FOR_INSTANCES',
      'TRAINING',
      'COMPLETED',
    ]);
  });

  it('needs at most 40 history events, even when it trains for weeks', async () => {
    const sagemaker = new ScriptedSageMaker(lookingEvery(10 * DAY, completes()));
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob({ notifyOn: ['SUCCEEDED'] }));
      const { job } = await resultOf(handle);
      expect((job.endedAt ?? 0) - job.submittedAt).toBeGreaterThan(19 * DAY);
      expect((await handle.fetchHistory()).events?.length).toBeLessThanOrEqual(40);
    });
  });
});

describe('placements', () => {
  it('are tried in order, at once, and then from the preferred one again', async () => {
    const sagemaker = new ScriptedSageMaker(
      outOfCapacity(),
      quotaExceeded('ml.p5.48xlarge'),
      outOfCapacity(),
      completes(),
    );
    const { job } = await stage.play(aJob({ placements: [P4D, P5, G6] }), sagemaker);
    expect(sagemaker.placements).toEqual([
      'ml.p4d.24xlarge',
      'ml.p5.48xlarge',
      'ml.g6.48xlarge',
      'ml.p4d.24xlarge',
    ]);
    expect(job.status).toBe('SUCCEEDED');
  });

  it('that the region does not have are never tried again', async () => {
    const sagemaker = new ScriptedSageMaker(
      neverHere('ml.p4d.24xlarge'),
      outOfCapacity(),
      outOfCapacity(),
      completes(),
    );
    await stage.play(aJob({ placements: [P4D, P5] }), sagemaker);
    expect(sagemaker.placements).toEqual([
      'ml.p4d.24xlarge',
      'ml.p5.48xlarge',
      'ml.p5.48xlarge',
      'ml.p5.48xlarge',
    ]);
  });
});

it('waits three days for capacity with bounded backoff, keeping its story short', async () => {
  const tries = 300;
  const scenes = Array.from({ length: tries }, outOfCapacity);
  const sagemaker = new ScriptedSageMaker(...(scenes as [Scene, ...Scene[]]), completes());
  const { job, events } = await stage.play(aJob(), sagemaker);
  expect(job.status).toBe('SUCCEEDED');
  expect(job.attemptCount).toBe(tries + 1);
  expect((job.endedAt ?? 0) - job.submittedAt).toBeGreaterThan(3 * DAY);
  expect(job.attempts).toHaveLength(20);
  expect(events.length).toBeLessThan(12);
  expect(events.find((event) => event.reason.code === 'WAITING_FOR_CAPACITY')?.count).toBe(tries);
});

describe('notifications', () => {
  it('go out once at first start and once at the end', async () => {
    const sagemaker = new ScriptedSageMaker(failsWith('AlgorithmError: boom'), completes());
    const job = aJob({ retry: { attempts: 2 }, notifyOn: ['STARTED', 'SUCCEEDED', 'FAILED', 'STOPPED'] });
    await stage.play(job, sagemaker);
    expect(sagemaker.notifications.map(({ event, topicArn }) => [event, topicArn])).toEqual([
      ['STARTED', TOPIC],
      ['SUCCEEDED', TOPIC],
    ]);
  });

  it('to a dead topic neither fail nor change the job', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    sagemaker.activities.sendNotification = () => Promise.reject(new Error('Topic does not exist'));
    const { job } = await stage.play(aJob({ notifyOn: ['SUCCEEDED'] }), sagemaker);
    expect(job.status).toBe('SUCCEEDED');
    expect(job.notifications).toEqual([
      expect.stringMatching(/SUCCEEDED to trainings failed: Topic does not exist/),
    ]);
  });
});
