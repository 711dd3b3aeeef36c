import { fails, holds, type Verdict } from '../evidence.ts';
import { neverMoreThan } from './borrowing.ts';
import { all, type Figure, type Role } from './figure.ts';
import type { SageMakerRecord } from './record.ts';

const P4 = 'ml.p4d.24xlarge';
const LIMIT = 20;

const exp1 = (priority: number, seconds: number): Role => ({
  jobId: `exp1-p${priority}`,
  queue: 'search',
  share: 'ProdExp1',
  priority,
  user: 'ana@example.com',
  instanceType: P4,
  instances: 3,
  seconds,
});

const RUNNING = [80, 50, 30, 10].map((priority) => exp1(priority, 20));
const URGENT = exp1(90, 5);
const FULL: Role = {
  ...exp1(50, 20),
  jobId: 'exp2-full',
  share: 'ProdExp2',
  user: 'ben@example.com',
  instances: 8,
};

/** Figure 2 of the brief: inside a share at its limit, a higher priority preempts the lowest. */
export const priority: Figure = {
  name: 'figure-2',
  title:
    'Figure 2: ProdExp1 is at 60 with priorities 80, 50, 30, 10; a job of priority 90 and size 15 arrives (in fifths)',
  queues: ['search.yaml'],
  instances: { [P4]: LIMIT },
  scenes: [
    { says: 'ProdExp1 fills its 12 with four jobs, ProdExp2 its 8 with one.', jobs: [FULL, ...RUNNING] },
    {
      says: 'A job of priority 90 and size 3 arrives at ProdExp1.',
      when: all('RUNNING', FULL.jobId, ...RUNNING.map(({ jobId }) => jobId)),
      jobs: [URGENT],
    },
  ],
  claims: [
    {
      says: 'the job of priority 10 went, and no other',
      check: (record: SageMakerRecord): Verdict => {
        const stopped = record.trainings.filter(({ training }) => training.status === 'Stopped');
        const names = stopped.map(({ role }) => role.jobId).join(', ');
        return names === 'exp1-p10'
          ? holds(`${stopped[0]?.training.name ?? ''} Stopped`)
          : fails(`exp1-p10 as the only training job that Stopped, found ${names || 'none'}`);
      },
    },
    {
      says: 'the job of priority 90 ran on its instances',
      check: (record: SageMakerRecord): Verdict => {
        const [victim] = record.of('exp1-p10');
        const [urgent] = record.of(URGENT.jobId);
        if (urgent === undefined || victim === undefined) return fails('training jobs of both');
        if (urgent.from < victim.to) return fails('its creation after the end of the other');
        if (urgent.training.status !== 'Completed') return fails(`${urgent.training.name} Completed`);
        return holds(
          `created ${((urgent.from - victim.to) / 1000).toFixed(1)} s after SageMaker said that the other had stopped`,
        );
      },
    },
    {
      says: 'the job of priority 10 went on from its checkpoint later',
      check: (record: SageMakerRecord): Verdict => {
        const again = record.of('exp1-p10')[1];
        const first = again?.training.metrics['train:first-epoch'];
        if (again?.training.status !== 'Completed') return fails('a second training job that Completed');
        return first !== undefined && first > 1
          ? holds(`${again.training.name} went on at epoch ${first}`)
          : fails('a second run that begins after epoch 1');
      },
    },
    neverMoreThan(LIMIT),
  ],
};
