import type { QueuedJobView, QueueSnapshot, ShareUsageView } from '../../../src/client/index.ts';
import { resolveQueue } from '../../../src/queues/queue-schema.ts';
import { HOUR, MINUTE, NOON } from './fake-terminal.ts';

/** The first figure of the brief: 100 instances, 60 and 40 guaranteed; ProdExp2 uses 25, ProdExp1 borrows 15. */
export const SEARCH = resolveQueue({
  name: 'search',
  serviceEnvironments: [
    { name: 'P4', instanceTypes: ['ml.p4d.24xlarge'], limit: 100 },
    { name: 'P5', family: 'p5', limit: 20 },
  ],
  quotaShare: {
    groups: [{ name: 'prod', guaranteed: { P5: 4 } }],
    shares: [
      { name: 'ProdExp1', group: 'prod', guaranteed: { P4: 60 } },
      { name: 'ProdExp2', group: 'prod', guaranteed: { P4: 40 } },
      { name: 'Lab', borrowLimit: { P5: 10 } },
    ],
  },
});

function usage(over: Partial<ShareUsageView> & { share: string }): ShareUsageView {
  return { environment: 'P4', guaranteed: 0, used: 0, borrowed: 0, lent: 0, waitingJobs: 0, ...over };
}

function queued(over: Partial<QueuedJobView> & { jobId: string }): QueuedJobView {
  return {
    share: 'ProdExp2',
    priority: 50,
    queuedAt: NOON - 12 * MINUTE,
    state: 'waiting',
    environment: 'P4',
    instances: 15,
    preemptions: 0,
    ...over,
  };
}

export function searchQueue(over: Partial<QueueSnapshot> = {}): QueueSnapshot {
  return {
    name: 'search',
    at: NOON,
    paused: false,
    policy: 'quotaShare',
    spec: SEARCH,
    environments: [
      {
        name: 'P4',
        instanceTypes: ['ml.p4d.24xlarge'],
        limit: 100,
        usableLimit: 100,
        used: 100,
        state: { kind: 'open' },
      },
      {
        name: 'P5',
        instanceTypes: ['ml.p5.4xlarge', 'ml.p5.48xlarge'],
        limit: 20,
        usableLimit: 16,
        used: 6,
        state: { kind: 'cooling', until: NOON + 5 * MINUTE },
        blocked: 'AWS had no capacity for P5; it is tried again at 2026-11-21 12:05:00 UTC.',
      },
    ],
    shares: [
      usage({ share: 'Lab' }),
      usage({ share: 'Lab', environment: 'P5', used: 6, borrowed: 6, borrowLimit: 10, waitingJobs: 1 }),
      usage({ share: 'ProdExp1', parent: 'prod', guaranteed: 60, used: 75, borrowed: 15 }),
      usage({ share: 'ProdExp1', parent: 'prod', environment: 'P5' }),
      usage({ share: 'ProdExp2', parent: 'prod', guaranteed: 40, used: 25, lent: 15, waitingJobs: 2 }),
      usage({ share: 'ProdExp2', parent: 'prod', environment: 'P5' }),
      usage({ share: 'prod', used: 100 }),
      usage({ share: 'prod', environment: 'P5', guaranteed: 4, lent: 4 }),
    ],
    counts: { waiting: 3, held: 1, running: 5, stopping: 1 },
    front: [
      queued({
        jobId: 'rank-lr-9',
        priority: 90,
        user: 'ana@example.com',
        position: 1,
        reason: 'rank-lr-3 was preempted for it and must stop first on P4.',
      }),
      queued({
        jobId: 'rank-lr-10',
        position: 2,
        reason: 'rank-lr-9 comes first.',
        queuedAt: NOON - 2 * MINUTE,
      }),
      queued({ jobId: 'ablation', share: 'Lab', environment: 'P5', instances: 4, position: 1, priority: 0 }),
      queued({ jobId: 'later', state: 'held', reason: 'It is held: it waits until it is released.' }),
    ],
    running: [
      queued({
        jobId: 'rank-lr-3',
        share: 'ProdExp1',
        state: 'stopping',
        priority: 10,
        startedAt: NOON - HOUR,
        preemptions: 1,
        reason: 'Stops to make room for rank-lr-9.',
      }),
      queued({
        jobId: 'rank-lr-4',
        share: 'ProdExp1',
        state: 'running',
        startedAt: NOON - 2 * HOUR,
        instances: 60,
      }),
      queued({
        jobId: 'rank-lr-5',
        state: 'running',
        startedAt: NOON - 90 * MINUTE,
        instances: 25,
        user: 'bob',
      }),
    ],
    lastDecisions: [
      {
        at: NOON - 2 * HOUR,
        sentence: 'rank-lr-4 of ProdExp1 starts with 60 instances of P4.',
        decision: {
          kind: 'admit',
          job: 'rank-lr-4',
          share: 'ProdExp1',
          option: 0,
          environment: 'P4',
          instances: 60,
          borrowed: 0,
          why: { code: 'FITS' },
        },
      },
      {
        at: NOON - MINUTE,
        sentence:
          'rank-lr-3 is preempted and gives back 15 instances of P4, because rank-lr-9 needs what its share is guaranteed ' +
          'and others borrowed; 40 min of instance time since its last checkpoint are lost.',
        decision: {
          kind: 'preempt',
          victim: 'rank-lr-3',
          for: 'rank-lr-9',
          cause: 'reclaim',
          environment: 'P4',
          instances: 15,
          lostInstanceSeconds: 2_400,
        },
      },
    ],
    ...over,
  };
}
