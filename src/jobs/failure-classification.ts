import { oneLine, userErrorText } from './evidence-text.ts';
import type { Failure, FailureClass } from './failure.ts';
import { type Evidence, matchingRule } from './failure-rules.ts';
import { learnedLimit, parseQuotaMessage, quotaAdvice } from './quota-message.ts';
import type { TrainingDescription } from './training-description.ts';

export interface CallError {
  /** AWS's error name (`ResourceLimitExceeded`), or the transport's code (`ECONNRESET`). */
  readonly errorName: string;
  readonly message: string;
  readonly httpStatus?: number | undefined;
}

/** What a refused or lost call to AWS means for the job. */
export function classifyCallError({ errorName, message, httpStatus }: CallError): Failure {
  const label = errorName.slice(errorName.lastIndexOf('#') + 1);
  const failure = judge({ seen: 'call', label, text: oneLine(`${label}: ${message}`), httpStatus }, message);
  // Without a refusal by AWS nobody knows what became of the call: a broken line, or an answer that makes no sense.
  const wasRefused = httpStatus !== undefined && httpStatus >= 400;
  return failure.class === 'unknown' && !wasRefused ? { ...failure, class: 'transient' } : failure;
}

export interface KnownAboutAttempt {
  /** Whether Trainyard itself asked for the stop (cancel, preemption, time limit). */
  readonly stopRequested: boolean;
  /** From the launch of the attempt to its end. */
  readonly elapsedMs: number;
}

/**
 * What the end of a training job means for the job; undefined when it Completed. Only for training jobs that are over
 * (isTrainingOver): anything that is neither Completed, Failed nor Stopped is `unknown`. A stop that Trainyard asked for
 * is always `stopped`, whatever SageMaker calls it: the caller knows why it asked.
 */
export function classifyTrainingEnd(
  description: TrainingDescription,
  { stopRequested, elapsedMs }: KnownAboutAttempt,
): Failure | undefined {
  const { status, secondaryStatus, statusMessage, failureReason } = description;
  switch (status) {
    case 'Completed':
      return undefined;
    case 'Failed': {
      if (failureReason === undefined || failureReason.trim() === '') {
        return { class: 'unknown', message: 'The training job Failed and SageMaker gave no reason.' };
      }
      const label = /^\s*(\w+)/.exec(failureReason)?.[1] ?? '';
      return judge({ seen: 'Failed', label, text: oneLine(failureReason) }, failureReason);
    }
    case 'Stopped': {
      const message =
        statusMessage ?? `The training job Stopped${secondaryStatus ? ` (${secondaryStatus})` : ''}.`;
      if (stopRequested) return { class: 'stopped', message: oneLine(message) };
      const pendingTimeUsedUp =
        description.trainingStartedAt === undefined &&
        description.maxPendingSeconds !== undefined &&
        elapsedMs >= description.maxPendingSeconds * 1000;
      const label = secondaryStatus ?? '';
      return judge(
        { seen: 'Stopped', label, text: oneLine(`${label}: ${message}`), pendingTimeUsedUp },
        message,
      );
    }
    default:
      return { class: 'unknown', message: `The training job is in status ${oneLine(status)}.` };
  }
}

function judge(evidence: Evidence, message: string): Failure {
  const rule = matchingRule(evidence);
  const failureClass: FailureClass = rule?.class ?? 'unknown';
  const advice = typeof rule?.advice === 'function' ? rule.advice(evidence.text) : rule?.advice;
  return {
    class: failureClass,
    message: failureClass === 'algorithm' ? userErrorText(message) : oneLine(message) || evidence.label,
    ...(advice === undefined ? {} : { advice }),
    ...(rule?.permanent === undefined ? {} : { permanent: true }),
    ...(failureClass === 'quota' ? quotaFacts(message) : {}),
  };
}

function quotaFacts(message: string): Pick<Failure, 'advice' | 'learnedLimit'> {
  const numbers = parseQuotaMessage(message);
  if (numbers === undefined) return {};
  const learned = learnedLimit(numbers);
  return { advice: quotaAdvice(numbers), ...(learned === undefined ? {} : { learnedLimit: learned }) };
}
