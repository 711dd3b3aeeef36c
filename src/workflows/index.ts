export { trainingJob } from './training-job.ts';
export { trainingMonitor } from './training-monitor.ts';
export { trainingQueue } from './training-queue.ts';
