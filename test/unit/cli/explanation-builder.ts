import type { Explanation } from '../../../src/scheduling/explanation.ts';
import { MINUTE, NOON } from './fake-terminal.ts';

/** A job that waits third in its share; ana's job runs before it, bob's waits before it. */
export function explanation(over: Partial<Explanation> = {}): Explanation {
  return {
    jobId: 'rank-lr-9',
    at: NOON,
    state: 'waiting',
    share: 'ProdExp1',
    priority: 50,
    position: { inShare: 3, waitingInShare: 12, inQueue: 7, waitingInQueue: 40 },
    blockedBy: { code: 'ENVIRONMENT_FULL', environment: 'P4', needed: 15, free: 3, limit: 100 },
    blockedByOption: [{ code: 'ENVIRONMENT_FULL', environment: 'P4', needed: 15, free: 3, limit: 100 }],
    sentence:
      'ProdExp1 uses 75 of P4 (60 guaranteed, 15 borrowed), and P4 has 3 of 100 instances free: 12 more are needed.',
    ahead: [
      {
        id: 'sweep-7',
        position: 6,
        user: 'bob@example.com',
        share: 'ProdExp1',
        priority: 60,
        instances: 4,
        environment: 'P4',
        state: 'waiting',
        why: 'Higher priority 60.',
      },
      {
        id: 'rank-lr-3',
        user: 'ana@example.com',
        share: 'ProdExp1',
        priority: 80,
        instances: 15,
        environment: 'P4',
        state: 'running',
        why: 'Holds 15 of P4.',
      },
    ],
    aheadCount: 7,
    remedies: [
      {
        kind: 'instances',
        environment: 'P4',
        instances: 12,
        sentence: 'With 12 more instances in P4 it would start.',
      },
      { kind: 'jobsEnd', jobs: ['rank-lr-3'], sentence: 'When rank-lr-3 ends it would start.' },
      { kind: 'priority', priority: 81, sentence: 'With priority 81 it would preempt others.' },
    ],
    estimate: {
      startAt: NOON + 18 * MINUTE,
      earliestAt: NOON + 10 * MINUTE,
      latestAt: NOON + 40 * MINUTE,
      environment: 'P4',
      basis: 'Rests on the time limits of 4 jobs, if nothing else is submitted or changed.',
    },
    preemptibleBy: [],
    ...over,
  };
}
