import { fails, holds, type Verdict } from '../evidence.ts';
import { all, type Figure, type Role } from './figure.ts';
import type { SageMakerRecord } from './record.ts';

const onCpu = (n: number): Role => ({
  jobId: `cpu-${n}`,
  queue: 'cpu',
  user: 'ana@example.com',
  instanceType: 'ml.c5.xlarge',
  instances: 1,
  seconds: 2,
});
const onGpu = (jobId: string, share: string, seconds = 2): Role => ({
  ...onCpu(0),
  jobId,
  queue: 'gpu',
  share,
  instanceType: 'ml.g5.xlarge',
  seconds,
});

const CPU = [1, 2, 3, 4].map(onCpu);
const FIRST = onGpu('low-1', 'LOWPRI', 6);
const REST = [onGpu('low-2', 'LOWPRI'), onGpu('mid-1', 'MIDPRI'), onGpu('high-1', 'HIGHPRI')];

/** The tutorial of the brief: a FIFO queue, and a fair-share queue in which the job submitted last runs first. */
export const tutorial: Figure = {
  name: 'tutorial',
  title: 'Tutorial: a FIFO queue, and a fair-share queue with HIGHPRI/MIDPRI/LOWPRI of weights 1/3/5',
  queues: ['cpu.yaml', 'gpu.yaml'],
  instances: { 'ml.c5.xlarge': 1, 'ml.g5.xlarge': 1 },
  scenes: [
    {
      says: 'Four jobs go to the FIFO queue, one LOWPRI job to the fair-share queue.',
      jobs: [...CPU, FIRST],
    },
    {
      says: 'While it runs: one more LOWPRI, one MIDPRI and, last, one HIGHPRI job.',
      when: all('RUNNING', FIRST.jobId),
      jobs: REST,
    },
  ],
  claims: [
    {
      says: 'the FIFO queue ran its jobs in the order of their submission',
      check: (record: SageMakerRecord): Verdict => {
        const order = record.startOrder().filter((jobId) => jobId.startsWith('cpu-'));
        const wanted = CPU.map(({ jobId }) => jobId);
        return order.join() === wanted.join()
          ? holds(order.join(', '))
          : fails(`${wanted.join(', ')}, found ${order.join(', ')}`);
      },
    },
    {
      says: 'the HIGHPRI job, submitted last, ran first, then MIDPRI, then LOWPRI',
      check: (record: SageMakerRecord): Verdict => {
        const order = record.startOrder().filter((jobId) => !jobId.startsWith('cpu-'));
        const wanted = [FIRST.jobId, 'high-1', 'mid-1', 'low-2'];
        return order.join() === wanted.join()
          ? holds(order.join(', '))
          : fails(`${wanted.join(', ')}, found ${order.join(', ')}`);
      },
    },
  ],
};
