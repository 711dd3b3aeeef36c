import { DEFAULT_MAX_RUNTIME_SECONDS } from './cross-field-rules.ts';
import { instanceDemand, isAccelerated } from './instance-demand.ts';
import type { Job, Phase, StopCause } from './job.ts';

export interface Limit {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly cause: StopCause;
}

const ENDED_BY_LIMITS: ReadonlySet<Phase['kind']> = new Set([
  'acquiring',
  'launching',
  'downloading',
  'training',
  'interrupted',
]);

/**
 * The first of the StoppingCondition's limits that the job will reach if it stays as it is. MaxRuntime counts time with
 * instances, of all runs together; MaxWait (spot) everything since the creation; MaxPending a wait for capacity, and
 * only for accelerated types.
 */
export function nextLimit(job: Job, timeScale: number): Limit | undefined {
  const { request, state } = job;
  if (!ENDED_BY_LIMITS.has(state.phase.kind)) return undefined;
  const { MaxRuntimeInSeconds, MaxWaitTimeInSeconds, MaxPendingTimeInSeconds } =
    request.StoppingCondition ?? {};
  const scaled = (seconds: number): number => seconds * 1_000 * timeScale;
  const limits: Limit[] = [];
  if (state.runningSince !== undefined) {
    const left = scaled(MaxRuntimeInSeconds ?? DEFAULT_MAX_RUNTIME_SECONDS) - state.ranMs;
    limits.push({ at: state.runningSince + left, cause: 'maxRuntime' });
  }
  if (MaxWaitTimeInSeconds !== undefined) {
    limits.push({ at: job.createdAt + scaled(MaxWaitTimeInSeconds), cause: 'maxWait' });
  }
  const pendingSince = state.phase.kind === 'acquiring' ? state.phase.pendingSince : undefined;
  if (pendingSince !== undefined && MaxPendingTimeInSeconds !== undefined && wantsAccelerators(job)) {
    limits.push({ at: pendingSince + scaled(MaxPendingTimeInSeconds), cause: 'maxPending' });
  }
  return limits.sort((a, b) => a.at - b.at)[0];
}

export function wantsAccelerators(job: Job): boolean {
  return instanceDemand(job.request).some((way) =>
    way.some(({ instanceType }) => isAccelerated(instanceType)),
  );
}
