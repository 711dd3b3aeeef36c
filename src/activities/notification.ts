import { describePlacement } from '../jobs/placement.ts';
import type { JobView } from '../jobs/view.ts';
import type { Notification } from '../ports/notifier.ts';
import type { NotifyInput } from './types.ts';

/** SNS allows 100 characters. */
const SUBJECT_LENGTH = 100;

const iso = (ms: number): string => new Date(ms).toISOString();

/** `3 h 25 min`, `45 s`; two units at the most. */
function duration(seconds: number): string {
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = units.findIndex(([value]) => value > 0);
  if (first < 0) return '0 s';
  return units
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

/** The message about one event of a job: words for people, JSON for programs, attributes to filter on. */
export function notificationOf({ event, topicArn, notificationId, job }: NotifyInput): Notification {
  const verb = event === 'STARTED' ? 'is running' : event;
  return {
    topicArn,
    id: notificationId,
    jobId: job.jobId,
    subject: `Trainyard: ${job.jobId} ${verb}`.slice(0, SUBJECT_LENGTH),
    text: textOf(job, verb),
    json: JSON.stringify(jsonOf(event, notificationId, job)),
    attributes: {
      event,
      status: job.status,
      reasonCode: job.reason.code,
      jobId: job.jobId,
      ...(job.user === undefined ? {} : { user: job.user }),
      ...(job.queue === undefined ? {} : { queue: job.queue }),
      ...(job.share === undefined ? {} : { share: job.share }),
    },
  };
}

function textOf(job: JobView, verb: string): string {
  const newest = job.attempts.at(-1);
  const link = newest?.consoleUrl;
  return [
    `Job ${job.jobId} ${verb}.`,
    '',
    job.reason.sentence,
    '',
    ...(job.user === undefined ? [] : [`User:      ${job.user}`]),
    ...(job.placement === undefined ? [] : [`Placement: ${describePlacement(job.placement)}`]),
    `Attempts:  ${job.attemptCount}`,
    `Waited:    ${duration(job.waitingSeconds)}`,
    `Ran:       ${duration(job.runningSeconds)}`,
    ...(job.costUsd === undefined ? [] : [`Cost:      about $${job.costUsd.toFixed(2)}`]),
    ...job.metrics.map((metric) => `Metric:    ${metric.name} = ${metric.value}`),
    ...(job.modelUri === undefined ? [] : [`Model:     ${job.modelUri}`]),
    ...(newest === undefined ? [] : [`Training:  ${newest.trainingJobName}`]),
    ...(link === undefined ? [] : [`Look:      ${link}`]),
    '',
    `More: trainyard show ${job.jobId}`,
  ].join('\n');
}

/** Times are ISO 8601 UTC, durations seconds, as on the command line. */
function jsonOf(event: string, id: string, job: JobView): unknown {
  const newest = job.attempts.at(-1);
  return {
    id,
    event,
    jobId: job.jobId,
    status: job.status,
    reason: job.reason,
    user: job.user,
    queue: job.queue,
    share: job.share,
    priority: job.priority,
    submittedAt: iso(job.submittedAt),
    startedAt: job.startedAt === undefined ? undefined : iso(job.startedAt),
    endedAt: job.endedAt === undefined ? undefined : iso(job.endedAt),
    waitingSeconds: job.waitingSeconds,
    runningSeconds: job.runningSeconds,
    attemptCount: job.attemptCount,
    placement: job.placement,
    trainingJobName: newest?.trainingJobName,
    trainingJobArn: newest?.arn,
    consoleUrl: newest?.consoleUrl,
    costUsd: job.costUsd,
    metrics: job.metrics,
    modelUri: job.modelUri,
  };
}
