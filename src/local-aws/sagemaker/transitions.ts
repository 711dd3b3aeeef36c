import type { FinalMetric } from '../container/host.ts';
import {
  type InstanceRequest,
  type JobState,
  lastTransition,
  type Outcome,
  type Phase,
  ranMs,
  type SecondaryStatus,
  type StopCause,
} from './job.ts';

/**
 * Every change of a training job's state, as a function from the state before to the state after. The texts are those
 * that SageMaker's documentation and its Python SDK's logs show; AWS calls them "subject to change".
 */

const MAX_FAILURE_REASON = 1_024;

export const CAPACITY_ERROR =
  'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.';
export const INTERNAL_SERVER_ERROR =
  'InternalServerError: We encountered an internal error. Please try again.';

export function created(now: number, failAt: number | undefined): JobState {
  return {
    phase: acquiringPhase(failAt),
    status: 'InProgress',
    transitions: [{ status: 'Starting', startedAt: now, message: 'Starting the training job.' }],
    lastModifiedAt: now,
    incarnation: 0,
    instances: [],
    holdsInstances: false,
    retries: 0,
    ranMs: 0,
    metrics: [],
  };
}

export function outOfCapacity(state: JobState, now: number, failAt: number | undefined): JobState {
  const message = 'Insufficient capacity error from EC2 while launching instances, retrying!';
  const phase: Phase = { kind: 'acquiring', pendingSince: now, ...(failAt === undefined ? {} : { failAt }) };
  return move(state, now, phase, 'Pending', message);
}

export function instancesFound(
  state: JobState,
  now: number,
  instances: readonly InstanceRequest[],
): JobState {
  const next = move(
    state,
    now,
    { kind: 'launching', launched: false },
    undefined,
    'Launching requested ML instances.',
  );
  return { ...next, instances, holdsInstances: true, incarnation: state.incarnation + 1 };
}

export function instancesLaunched(state: JobState, now: number): JobState {
  return move(
    state,
    now,
    { kind: 'launching', launched: true },
    undefined,
    'Preparing the instances for training.',
  );
}

export function downloadBegun(state: JobState, now: number): JobState {
  const next = move(state, now, { kind: 'downloading' }, 'Downloading', 'Downloading the training image');
  return { ...next, startedAt: state.startedAt ?? now, runningSince: now };
}

export function trainingBegun(
  state: JobState,
  now: number,
  faults: { readonly interruptAt: number | undefined; readonly internalErrorAt: number | undefined },
): JobState {
  const phase: Phase = {
    kind: 'training',
    ...(faults.interruptAt === undefined ? {} : { interruptAt: faults.interruptAt }),
    ...(faults.internalErrorAt === undefined ? {} : { internalErrorAt: faults.internalErrorAt }),
  };
  return move(state, now, phase, 'Training', 'Training image download completed. Training in progress.');
}

export function interruptionBegun(state: JobState, now: number): JobState {
  const phase: Phase = { kind: 'interrupting', ran: mayHaveProcesses(state.phase) };
  return move(state, now, phase, 'Interrupted', 'The managed spot training instances were interrupted.');
}

export function interrupted(state: JobState, now: number): JobState {
  return move(withoutInstances(state, now), now, { kind: 'interrupted' });
}

export function crashed(state: JobState, now: number): JobState {
  return move(state, now, { kind: 'crashed', ran: mayHaveProcesses(state.phase) });
}

/** Back to the beginning, after an interruption or for a retry of RetryStrategy. */
export function restarted(
  state: JobState,
  now: number,
  options: { readonly failAt: number | undefined; readonly retry: boolean },
): JobState {
  const next = move(
    withoutInstances(state, now),
    now,
    acquiringPhase(options.failAt),
    'Starting',
    'Starting the training job.',
  );
  return { ...next, retries: state.retries + (options.retry ? 1 : 0) };
}

export function uploadBegun(state: JobState, now: number, outcome: Outcome): JobState {
  return move(state, now, { kind: 'uploading', outcome }, 'Uploading', 'Uploading generated training model');
}

export function stopBegun(state: JobState, now: number, cause: StopCause): JobState {
  const phase: Phase = { kind: 'stopping', cause, since: now, ran: mayHaveProcesses(state.phase) };
  return { ...move(state, now, phase, 'Stopping', 'Stopping the training job'), status: 'Stopping' };
}

export interface Products {
  readonly modelUri?: string | undefined;
  readonly metrics?: readonly FinalMetric[];
}

export function completed(state: JobState, now: number, products: Products): JobState {
  return { ...end(state, now, products, 'Completed', 'Training job completed'), status: 'Completed' };
}

export function failed(state: JobState, now: number, reason: string, products: Products = {}): JobState {
  const failureReason = reason.slice(0, MAX_FAILURE_REASON);
  return { ...end(state, now, products, 'Failed', 'Training job failed'), status: 'Failed', failureReason };
}

/**
 * MaxPending: the enumeration has no status for it, and which one AWS uses is not documented ("secondaryStatus indicates
 * the job timed out in pending"); Stopped keeps clients that match on the enumeration working, and the message tells.
 */
const STOPPED: Readonly<Record<StopCause, { readonly status: SecondaryStatus; readonly message: string }>> = {
  user: { status: 'Stopped', message: 'Training job stopped' },
  maxRuntime: {
    status: 'MaxRuntimeExceeded',
    message: 'Training job runtime exceeded MaxRuntimeInSeconds provided',
  },
  maxWait: {
    status: 'MaxWaitTimeExceeded',
    message: 'Training job wait time exceeded MaxWaitTimeInSeconds provided',
  },
  maxPending: {
    status: 'Stopped',
    message: 'Training job timed out in pending: pending time exceeded MaxPendingTimeInSeconds provided',
  },
};

export function stopped(state: JobState, now: number, cause: StopCause, products: Products): JobState {
  const { status, message } = STOPPED[cause];
  return { ...end(state, now, products, status, message), status: 'Stopped' };
}

function acquiringPhase(failAt: number | undefined): Phase {
  return failAt === undefined ? { kind: 'acquiring' } : { kind: 'acquiring', failAt };
}

function mayHaveProcesses(phase: Phase): boolean {
  switch (phase.kind) {
    case 'training':
    case 'uploading':
      return true;
    case 'interrupting':
    case 'crashed':
    case 'stopping':
      return phase.ran;
    case 'acquiring':
    case 'launching':
    case 'downloading':
    case 'interrupted':
    case 'ended':
      return false;
  }
}

function withoutInstances(state: JobState, now: number): JobState {
  const rest: { -readonly [K in keyof JobState]: JobState[K] } = {
    ...state,
    holdsInstances: false,
    ranMs: ranMs(state, now),
  };
  delete rest.runningSince;
  return rest;
}

function end(
  state: JobState,
  now: number,
  products: Products,
  status: SecondaryStatus,
  message: string,
): JobState {
  return {
    ...move(withoutInstances(state, now), now, { kind: 'ended' }, status, message),
    endedAt: now,
    ...(products.modelUri === undefined ? {} : { modelUri: products.modelUri }),
    metrics: products.metrics ?? state.metrics,
  };
}

/** A status that stays the same keeps its entry and changes only its message, as SageMaker does. */
function move(
  state: JobState,
  at: number,
  phase: Phase,
  status?: SecondaryStatus,
  message?: string,
): JobState {
  const now = Math.max(at, state.lastModifiedAt);
  const last = lastTransition(state);
  const transitions = [...state.transitions];
  if (status === undefined || status === last.status) {
    transitions[transitions.length - 1] = { ...last, message: message ?? last.message };
  } else {
    transitions[transitions.length - 1] = { ...last, endedAt: now };
    transitions.push({
      status,
      startedAt: now,
      message: message ?? '',
      ...(phase.kind === 'ended' ? { endedAt: now } : {}),
    });
  }
  return { ...state, phase, transitions, lastModifiedAt: now };
}
