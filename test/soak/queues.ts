import type { QueueInput } from '../../src/queues/queue-schema.ts';

/** An environment's limit is lowered for a while now and then, never raised above this. */
export interface SoakQueue {
  readonly name: string;
  readonly shares: readonly string[];
  readonly environments: readonly {
    readonly name: string;
    readonly instanceType: string;
    readonly limit: number;
  }[];
  /** The queue file; `lowered` is taken off each limit. */
  file(lowered?: number): QueueInput;
}

const P4 = 'ml.p4d.24xlarge';
const P5 = 'ml.p5.48xlarge';
const G6 = 'ml.g6.48xlarge';

/** What exists of each type, while nothing is taken away. Two queues share the P4s. */
export const CAPACITY: Readonly<Record<string, number>> = { [P4]: 12, [P5]: 4, [G6]: 6 };

const quota: SoakQueue = {
  name: 'soak-quota',
  shares: ['prod', 'explore', 'batch'],
  environments: [
    { name: 'P4', instanceType: P4, limit: 8 },
    { name: 'P5', instanceType: P5, limit: 4 },
  ],
  file: (lowered = 0) => ({
    name: 'soak-quota',
    serviceEnvironments: [
      { name: 'P4', instanceTypes: [P4], limit: 8 - lowered },
      { name: 'P5', instanceTypes: [P5], limit: 4 - lowered },
    ],
    quotaShare: {
      shares: [
        { name: 'prod', guaranteed: { P4: 3, P5: 1 } },
        { name: 'explore', guaranteed: { P4: 2, P5: 1 } },
        { name: 'batch', guaranteed: { P4: 1 } },
      ],
    },
  }),
};

const fair: SoakQueue = {
  name: 'soak-fair',
  shares: ['HIGHPRI', 'MIDPRI', 'LOWPRI'],
  environments: [
    { name: 'G6', instanceType: G6, limit: 6 },
    { name: 'P4B', instanceType: P4, limit: 4 },
  ],
  file: (lowered = 0) => ({
    name: 'soak-fair',
    serviceEnvironments: [
      { name: 'G6', instanceTypes: [G6], limit: 6 - lowered },
      { name: 'P4B', instanceTypes: [P4], limit: 4 - lowered },
    ],
    fairShare: {
      shareDecaySeconds: 60,
      shares: [
        { name: 'HIGHPRI', weightFactor: 1 },
        { name: 'MIDPRI', weightFactor: 3 },
        { name: 'LOWPRI', weightFactor: 5 },
      ],
    },
  }),
};

export const QUEUES: readonly SoakQueue[] = [quota, fair];
