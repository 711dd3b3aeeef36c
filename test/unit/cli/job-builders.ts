import type { AttemptView, JobEvent, JobReport, JobSummary } from '../../../src/client/index.ts';
import type { Placement } from '../../../src/jobs/placement.ts';
import { reason } from '../../../src/jobs/reason.ts';
import { HOUR, MINUTE, NOON } from './fake-terminal.ts';

export const onP4d: Placement = { kind: 'instances', instanceType: 'ml.p4d.24xlarge', instanceCount: 2 };
export const onG5: Placement = { kind: 'instances', instanceType: 'ml.g5.48xlarge', instanceCount: 4 };

export function summary(over: Partial<JobSummary> = {}): JobSummary {
  return {
    jobId: 'rank-lr-3',
    status: 'RUNNING',
    priority: 50,
    user: 'ana@example.com',
    instanceType: 'ml.p4d.24xlarge',
    submittedAt: NOON - 2 * HOUR,
    ...over,
  };
}

export function attempt(over: Partial<AttemptView> = {}): AttemptView {
  return {
    attempt: 1,
    trainingJobName: 'ty-rank-lr-3-1',
    placement: onP4d,
    launchedAt: NOON - 90 * MINUTE,
    ...over,
  };
}

export function job(over: Partial<JobReport> = {}): JobReport {
  return {
    jobId: 'rank-lr-3',
    status: 'RUNNING',
    reason: reason('TRAINING', { placement: onG5 }),
    held: false,
    priority: 50,
    user: 'ana@example.com',
    submittedAt: NOON - 2 * HOUR,
    statusSince: NOON - 41 * MINUTE,
    startedAt: NOON - 41 * MINUTE,
    placement: onG5,
    placements: [onP4d, onG5],
    attemptCount: 1,
    attempts: [attempt()],
    waitingSeconds: 79 * 60,
    runningSeconds: 0,
    metrics: [],
    notifications: [],
    ...over,
  };
}

export function event(over: Partial<JobEvent> = {}): JobEvent {
  return {
    at: NOON - 2 * HOUR,
    lastAt: NOON - 2 * HOUR,
    count: 1,
    status: 'SUBMITTED',
    reason: reason('ACCEPTED'),
    ...over,
  };
}
