import type { Failure } from './failure.ts';
import { describePlacement, type Placement } from './placement.ts';

/** Why a job is in its status: a constant for programs and one sentence for people, made here and nowhere else. */
export interface Reason {
  readonly code: ReasonCode;
  readonly sentence: string;
}

export type ReasonCode = keyof typeof reasons;

const at = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
/** A quoted text as the end of a sentence, without a second full stop. */
const quoted = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
const withAdvice = (failure: Failure): string =>
  failure.advice === undefined ? quoted(failure.message) : `${quoted(failure.message)} ${failure.advice}`;

const reasons = {
  // SUBMITTED, RUNNABLE
  ACCEPTED: () => 'The job was accepted.',
  HELD: () => 'Held; release the job to let it run.',
  READY: () => 'Ready to launch.',
  TRYING_NEXT_PLACEMENT: (p: { placement: Placement; next: Placement; failure: Failure }) =>
    `${lack(p)}; trying ${describePlacement(p.next)} next.`,
  WAITING_FOR_CAPACITY: (p: {
    placement: Placement;
    placements: number;
    failure: Failure;
    rounds: number;
    nextTryAt: number;
  }) =>
    `${lack(p)}${p.placements > 1 ? ', and no other placement has room' : ''} ` +
    `(${plural(p.rounds, 'round')} so far); next try at ${at(p.nextTryAt)}.`,
  RETRYING: (p: { failure: Failure; failed: number; allowed: number } & NextTry) =>
    `Attempt failed (${p.failed} of ${p.allowed} allowed): ${quoted(p.failure.message)} ${nextTry(p)}`,
  SAGEMAKER_UNREACHABLE: (p: { failure: Failure } & NextTry) =>
    `SageMaker did not answer as it should: ${withAdvice(p.failure)} ${nextTry(p)}`,

  // RUNNABLE in a queue
  IN_QUEUE: (p: { queue: string; share?: string; priority: number }) =>
    `Waiting in queue ${p.queue} (${p.share === undefined ? '' : `share ${p.share}, `}priority ${p.priority}).`,
  BACK_IN_QUEUE: (p: { placement: Placement; failure: Failure; queue: string }) =>
    `${lack(p)}; back in queue ${p.queue}, which decides where the job runs next.`,
  QUEUE_MISSING: (p: { queue: string }) =>
    `There is no queue ${p.queue}, or it does not run; the job enrols when there is one. Set it up with \`trainyard queue apply\`.`,
  QUEUE_FULL: (p: { queue: string }) =>
    `Queue ${p.queue} has as many waiting jobs as it takes; the job asks again, and has its place by the time of its submission.`,
  PREEMPTED: (p: { sentence: string; checkpoints: boolean }) =>
    `Preempted: ${quoted(p.sentence)} The job keeps its place and ` +
    `${p.checkpoints ? 'resumes from its checkpoint' : 'starts from its beginning, because it has no CheckpointConfig'}.`,

  // What people asked for: lines of the story, never the reason of a status
  CANCEL_ASKED: (p: { reason?: string }) =>
    p.reason === undefined ? 'Asked to cancel.' : `Asked to cancel: ${quoted(p.reason)}`,
  HOLD_ASKED: () => 'Asked to hold: no further attempt is launched until release.',
  RELEASE_ASKED: () => 'Asked to release.',
  PRIORITY_SET: (p: { from: number; to: number }) => `Priority changed from ${p.from} to ${p.to}.`,

  // SCHEDULED, STARTING, RUNNING
  LAUNCHING: (p: { placement: Placement }) => `Asking SageMaker for ${describePlacement(p.placement)}.`,
  WAITING_FOR_INSTANCES: (p: { placement: Placement }) =>
    `SageMaker accepted the training job and looks for ${describePlacement(p.placement)}.`,
  PREPARING: (p: { placement: Placement }) =>
    `${describePlacement(p.placement)} acquired; downloading image and data.`,
  INTERRUPTED: () =>
    'Spot capacity was taken away; SageMaker restarts the training job when it has some again.',
  TRAINING: (p: { placement: Placement }) => `Training on ${describePlacement(p.placement)}.`,
  STOPPING: (p: { why: string }) =>
    `Stopping: ${quoted(p.why)} Capacity is held until SageMaker says that it has stopped.`,
  PREEMPTING: (p: { sentence: string }) =>
    `Being preempted: ${quoted(p.sentence)} Capacity is held until SageMaker says that it has stopped.`,

  // SUCCEEDED
  COMPLETED: (p: { placement: Placement }) => `Training completed on ${describePlacement(p.placement)}.`,

  // FAILED
  ALGORITHM_ERROR: (p: { failure: Failure; failed: number; allowed: number }) =>
    `The training code failed${p.allowed > 1 ? ` ${p.failed} of ${p.allowed} allowed times` : ''}: ${withAdvice(p.failure)}`,
  INTERNAL_ERROR: (p: { failure: Failure; failed: number }) =>
    `SageMaker failed internally ${plural(p.failed, 'time')}: ${withAdvice(p.failure)}`,
  UNKNOWN_ERROR: (p: { failure: Failure; failed: number }) =>
    `The training job failed ${plural(p.failed, 'time')} in a way that Trainyard does not know: ${withAdvice(p.failure)}`,
  REQUEST_REJECTED: (p: { failure: Failure }) => `SageMaker rejected the job: ${withAdvice(p.failure)}`,
  LAUNCH_FAILED: (p: { message: string; name: string; launched: 'no' | 'unknown' }) =>
    `The launch failed for good: ${quoted(p.message)} ` +
    (p.launched === 'no'
      ? 'SageMaker has no such training job.'
      : `Whether the training job ${p.name} exists could not be found out; if it does, it is stopped within minutes.`),
  NAME_TAKEN: (p: { wanted: string; owner: string }) =>
    `The training job name ${p.wanted} is taken by ${p.owner}, which is not this attempt. Use another jobId.`,
  NO_PLACEMENT_LEFT: (p: { failure: Failure; placements: number }) =>
    `None of the job's ${plural(p.placements, 'placement')} can run in this account and region: ${withAdvice(p.failure)}`,
  MAX_RUNTIME_EXCEEDED: (p: { limitSeconds?: number }) =>
    `The training ran into its StoppingCondition.MaxRuntimeInSeconds${p.limitSeconds === undefined ? '' : ` of ${p.limitSeconds} s`}. ` +
    'Raise it, or write checkpoints and submit again.',
  TIME_LIMIT: (p: { limit: 'attemptSeconds' | 'waitingSeconds' | 'totalSeconds'; seconds: number }) =>
    `The job reached timeLimits.${p.limit} of ${p.seconds} s.`,
  // A queue that will not run the job says why in its own words.
  NEVER_FITS: (p: { sentence: string }) => quoted(p.sentence),
  RUNNABLE_TIME_LIMIT: (p: { sentence: string }) => quoted(p.sentence),
  NOT_IN_QUEUE: (p: { sentence: string }) => quoted(p.sentence),

  // STOPPED
  CANCELLED: (p: { reason?: string }) =>
    p.reason === undefined ? 'Cancelled.' : `Cancelled: ${quoted(p.reason)}`,
  STOPPED_OUTSIDE: (p: { name: string }) =>
    `The training job ${p.name} was stopped by someone outside Trainyard (StopTrainingJob).`,

  // What clients say when the workflow itself cannot.
  NOT_ANSWERED: () => 'No worker answers for the job, so no more than its status is known.',
  WORKFLOW_ENDED: (p: {
    how: 'completed' | 'failed' | 'was cancelled' | 'was terminated' | 'timed out';
    message?: string;
  }) =>
    `The job's workflow ${p.how} in Temporal without a report${p.message === undefined ? '.' : `: ${quoted(p.message)}`} ` +
    'A training job that it launched may still run in SageMaker.',
} as const;

/** Without a queue the time of the next launch; with one the time before which the queue grants nothing. */
interface NextTry {
  readonly nextTryAt: number;
  readonly queue?: string;
}

function nextTry({ nextTryAt, queue }: NextTry): string {
  return queue === undefined
    ? `Next try at ${at(nextTryAt)}.`
    : `Back in queue ${queue}; next try not before ${at(nextTryAt)}.`;
}

function lack(p: { placement: Placement; failure: Failure }): string {
  if (p.failure.permanent === true)
    return `${describePlacement(p.placement)} is not available in this region`;
  return p.failure.class === 'quota'
    ? `The account's quota has no room for ${describePlacement(p.placement)}`
    : `SageMaker has no capacity for ${describePlacement(p.placement)}`;
}

type Makers = typeof reasons;

/** Makes the reason `code`. Parameters are those of its sentence. */
export function reason<C extends ReasonCode>(code: C, ...params: Parameters<Makers[C]>): Reason {
  const make = reasons[code] as (...params: Parameters<Makers[C]>) => string;
  return { code, sentence: make(...params) };
}
