import type { JobSpec } from '../jobs/spec.ts';
import { waitedMs, type JobStory, type StopOrder } from './job-story.ts';
import { preemption } from './membership.ts';

type Limit = Extract<StopOrder, { cause: 'timeLimit' }>['limit'];

/** When each limit strikes if the job stays in its present status (epoch ms). */
function strikes(
  job: JobSpec,
  story: JobStory,
  now: number,
): { limit: Limit; seconds: number; at: number }[] {
  const { attemptSeconds, waitingSeconds, totalSeconds } = job.timeLimits;
  const all: { limit: Limit; seconds: number; at: number }[] = [];
  if (totalSeconds !== undefined) {
    all.push({ limit: 'totalSeconds', seconds: totalSeconds, at: story.submittedAt + totalSeconds * 1000 });
  }
  if (waitingSeconds !== undefined && story.status !== 'STARTING' && story.status !== 'RUNNING') {
    const left = waitingSeconds * 1000 - waitedMs(story, now);
    all.push({ limit: 'waitingSeconds', seconds: waitingSeconds, at: now + left });
  }
  if (attemptSeconds !== undefined && story.live !== undefined) {
    all.push({
      limit: 'attemptSeconds',
      seconds: attemptSeconds,
      at: story.live.launchedAt + attemptSeconds * 1000,
    });
  }
  return all.sort((a, b) => a.at - b.at);
}

/** What ends the job. */
export type EndOrder = Exclude<StopOrder, { cause: 'preempted' }>;

/** What must end the job now, whether it waits or has an attempt; undefined: nothing. */
export function endOrder(job: JobSpec, story: JobStory, now: number): EndOrder | undefined {
  if (story.cancel !== undefined) return { cause: 'cancel', ...story.cancel };
  const first = strikes(job, story, now)[0];
  if (first === undefined || first.at > now) return undefined;
  return { cause: 'timeLimit', limit: first.limit, seconds: first.seconds };
}

/** What must stop the live attempt now: what ends the job, or its queue that wants the lease back. */
export function stopOrder(job: JobSpec, story: JobStory, now: number): StopOrder | undefined {
  const order = endOrder(job, story, now);
  if (order !== undefined) return order;
  const preempted = preemption(story);
  return preempted === undefined ? undefined : { cause: 'preempted', ...preempted };
}

/** Whether somebody asked that the live attempt stops: a message, which unlike a time limit comes without a timer. */
export function stopAsked(story: JobStory): boolean {
  return story.cancel !== undefined || preemption(story) !== undefined;
}

/** When the next limit strikes (epoch ms). */
export function nextDeadline(job: JobSpec, story: JobStory, now: number): number | undefined {
  return strikes(job, story, now)[0]?.at;
}
