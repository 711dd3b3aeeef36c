export { trainingJob } from './training-job.ts';
export { trainingMonitor } from './training-monitor.ts';
