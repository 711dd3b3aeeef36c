import { fails, holds, type Verdict } from '../evidence.ts';
import { all, type Figure, type Role } from './figure.ts';
import type { SageMakerRecord } from './record.ts';

const P4 = 'ml.p4d.24xlarge';
/** Played with a fifth of the figure's instances: 20 for 100. */
const LIMIT = 20;

const exp1 = (name: string): Role => ({
  jobId: `exp1-${name}`,
  queue: 'search',
  share: 'ProdExp1',
  priority: 50,
  user: 'ana@example.com',
  instanceType: P4,
  instances: 3,
  seconds: 20,
});
const exp2 = (name: string, instances: number, seconds: number): Role => ({
  ...exp1(name),
  jobId: `exp2-${name}`,
  share: 'ProdExp2',
  user: 'ben@example.com',
  instances,
  seconds,
});

const BORROWERS = ['a', 'b', 'c', 'd', 'e'].map(exp1);
const QUIET = exp2('quiet', 5, 20);
const BACK = exp2('back', 3, 5);

/** Figure 1 of the brief: idle instances are lent, and given back when their owner needs them. */
export const borrowing: Figure = {
  name: 'figure-1',
  title:
    'Figure 1: 60/40; ProdExp2 uses 25, ProdExp1 grows to 75, ProdExp2 comes back and takes its 40 (in fifths)',
  queues: ['search.yaml'],
  instances: { [P4]: LIMIT },
  scenes: [
    { says: 'ProdExp2 uses 5 of its 8 instances; ProdExp1 has work for 15.', jobs: [QUIET, ...BORROWERS] },
    {
      says: 'ProdExp2 comes back with a job of 3: its 8 are all its own.',
      when: all('RUNNING', QUIET.jobId, ...BORROWERS.map(({ jobId }) => jobId)),
      jobs: [BACK],
    },
  ],
  claims: [
    {
      says: 'ProdExp1 grew to 15 of 20 (75 of 100) beside 5 (25) of ProdExp2',
      check: (record: SageMakerRecord): Verdict => {
        const grown = record.firstWith({ ProdExp1: 15, ProdExp2: 5 });
        return grown === undefined
          ? fails('a moment at which ProdExp1 holds 15 and ProdExp2 5')
          : holds(`from ${clock(grown.at)} ProdExp1 held 15 instances, 3 of them lent by ProdExp2`);
      },
    },
    {
      says: 'ProdExp2 took its 8 (40) back, and ProdExp1 was left with its 12 (60)',
      check: (record: SageMakerRecord): Verdict => {
        const grown = record.firstWith({ ProdExp1: 15, ProdExp2: 5 });
        const back = record.firstWith({ ProdExp1: 12, ProdExp2: 8 }, grown?.at);
        return grown === undefined || back === undefined
          ? fails('a later moment at which ProdExp1 holds 12 and ProdExp2 8')
          : holds(`from ${clock(back.at)} on: 12 and 8`);
      },
    },
    {
      says: 'one job of ProdExp1 was preempted, and went on from its checkpoint',
      check: (record: SageMakerRecord): Verdict => {
        const stopped = record.trainings.filter(({ training }) => training.status === 'Stopped');
        const [victim, ...more] = stopped;
        if (victim === undefined || more.length > 0)
          return fails(`one training job that Stopped, found ${stopped.length}`);
        if (victim.role.share !== 'ProdExp1')
          return fails(`a victim of ProdExp1, found ${victim.role.jobId}`);
        const again = record.of(victim.role.jobId).at(-1);
        const first = again?.training.metrics['train:first-epoch'];
        if (again?.training.status !== 'Completed') return fails(`${victim.role.jobId} Completed in the end`);
        if (first === undefined || first <= 1) return fails(`a second run that begins after epoch 1`);
        return holds(`${victim.training.name} Stopped; ${again.training.name} went on at epoch ${first}`);
      },
    },
    neverMoreThan(LIMIT),
  ],
};

/** Leases never exceed capacity, by SageMaker's own count. */
export function neverMoreThan(limit: number): Figure['claims'][number] {
  return {
    says: `never more than ${limit} instances in use`,
    check: (record: SageMakerRecord): Verdict =>
      record.peak() <= limit
        ? holds(`at most ${record.peak()} at a time`)
        : fails(`at most ${limit} instances at a time, found ${record.peak()}`),
  };
}

export const clock = (at: number): string => new Date(at).toISOString().slice(11, 19);
