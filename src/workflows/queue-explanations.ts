import { ApplicationFailure } from '@temporalio/workflow';
import { runningTimes } from '../queues/run-times.ts';
import { admitToQueue } from '../queues/ticket.ts';
import { explain, explainNew, type ExplainOptions } from '../scheduling/explain.ts';
import type { Explanation, Remedy } from '../scheduling/explanation.ts';
import { clockTime, jobList } from '../scheduling/wording/amounts.ts';
import { NOTHING_BLOCKS } from '../scheduling/wording/explanations.ts';
import type { ExplainNewAnswer, ExplainNewRequest, ExplainRequest } from './queue-contract.ts';
import { standingOf, waitingJob, type Entry } from './queue-entry.ts';
import { explainRequest } from './queue-message-shapes.ts';
import type { QueueStory } from './queue-story.ts';
import { checkedJob, profileOf } from './queue-submission.ts';
import { asideReason, PAUSED } from './queue-views.ts';

/** Sequence of a job that is not there: after all of the same moment. */
const LAST = Number.MAX_SAFE_INTEGER;

/**
 * The core's explanation, with what the queue knows besides: that a job is held or rests, that the queue is paused. Undefined
 * for a job that the queue does not have.
 */
export function explainJob(story: QueueStory, request: ExplainRequest, now: number): Explanation | undefined {
  const read = explainRequest().safeParse(request);
  if (!read.success) {
    throw ApplicationFailure.nonRetryable(
      `The query takes {"jobId", "whatIf": {"priority", "share"}, "estimate"}, got ${JSON.stringify(request)}.`,
      'USAGE',
    );
  }
  const { jobId, whatIf, estimate = true } = read.data;
  const entry = story.get(jobId);
  if (entry === undefined) return undefined;
  const options: ExplainOptions = {
    estimate: estimate && !story.paused,
    times: runningTimes(story.runTimes),
    ...(whatIf === undefined ? {} : { whatIf }),
  };
  const explanation = explainEntry(story, entry, options, now);
  return explanation === undefined ? undefined : whilePaused(story, explanation);
}

/** The same for a job that was not submitted. A refusal is an answer too: a query that fails loses its code. */
export function explainNewJob(
  story: QueueStory,
  { job: written, estimate = true }: ExplainNewRequest,
  now: number,
): ExplainNewAnswer {
  const { name } = story.spec;
  const checked = checkedJob(written, name);
  if (!checked.ok) return { outcome: 'refused', code: checked.code, message: checked.message };
  const { job } = checked;
  if (story.get(job.jobId) !== undefined)
    return {
      outcome: 'refused',
      code: 'JOB_EXISTS',
      message: `Job ${job.jobId} is in queue ${name} already.`,
    };
  const ticket = admitToQueue(job, story.spec);
  if (!ticket.ok) return { outcome: 'refused', code: ticket.code, message: ticket.message };
  const entry: Entry = {
    id: job.jobId,
    profile: profileOf(job),
    share: ticket.share,
    options: ticket.options,
    priority: job.priority,
    queuedAt: now,
    sequence: LAST,
    preemptions: 0,
    removed: [],
    held: false,
    runnableSince: now,
  };
  const options = { estimate: estimate && !story.paused, times: runningTimes(story.runTimes) };
  const explanation = whilePaused(story, explainNew(story.look(), waitingJob(entry), now, options));
  return { outcome: 'accepted', explanation };
}

function explainEntry(
  story: QueueStory,
  entry: Entry,
  options: ExplainOptions,
  now: number,
): Explanation | undefined {
  const scheduler = story.look();
  switch (standingOf(entry)) {
    case 'waiting':
    case 'running':
    case 'stopping':
      return explain(scheduler, entry.id, now, options);
    case 'held':
    case 'resting': {
      const { whatIf, ...rest } = options;
      const job = { ...waitingJob(entry), ...whatIf };
      if (entry.options.length === 0) return unplaced(entry, now);
      const then = explainNew(scheduler, job, now, rest);
      const { estimate, ...known } = then;
      const resting = entry.held ? undefined : entry.notBefore;
      return {
        ...known,
        aside: resting === undefined ? 'HELD' : 'RESTING',
        ...(resting === undefined || estimate === undefined
          ? {}
          : { estimate: notBefore(estimate, resting) }),
        sentence: `${asideReason(entry)} ${after(then)}`,
        // What else would help does not by itself.
        remedies: [remedyOf(resting)],
      };
    }
    case 'unplaced':
      return unplaced(entry, now);
  }
}

function after({ sentence, startFirst = [] }: Explanation): string {
  if (startFirst.length > 0) {
    const first = `Then ${jobList(startFirst)} would start`;
    return sentence === NOTHING_BLOCKS
      ? `${first}, and so would this job.`
      : `${first} first; after that: ${sentence}`;
  }
  return sentence === NOTHING_BLOCKS ? 'Nothing else blocks it.' : `Then: ${sentence}`;
}

function remedyOf(until: number | undefined): Remedy {
  return until === undefined
    ? { kind: 'operator', what: 'release', sentence: 'Release it, and it waits in its old place.' }
    : { kind: 'time', at: until, sentence: `At ${clockTime(until)} it waits in its old place again.` };
}

function notBefore(
  estimate: NonNullable<Explanation['estimate']>,
  time: number,
): NonNullable<Explanation['estimate']> {
  const { startAt, earliestAt, latestAt } = estimate;
  return {
    ...estimate,
    ...(startAt === undefined ? {} : { startAt: Math.max(startAt, time) }),
    ...(earliestAt === undefined ? {} : { earliestAt: Math.max(earliestAt, time) }),
    ...(latestAt === undefined ? {} : { latestAt: Math.max(latestAt, time) }),
  };
}

function unplaced(entry: Entry, now: number): Explanation {
  return {
    jobId: entry.id,
    at: now,
    state: 'waiting',
    share: entry.share,
    priority: entry.priority,
    blockedByOption: [],
    aside: entry.held ? 'HELD' : 'UNPLACED',
    sentence: asideReason({ ...entry, held: false, options: [] }),
    ahead: [],
    aheadCount: 0,
    remedies: entry.held ? [remedyOf(undefined)] : [],
    preemptibleBy: [],
  };
}

function whilePaused(story: QueueStory, explanation: Explanation): Explanation {
  if (!story.paused || explanation.state !== 'waiting') return explanation;
  const starts = explanation.blockedBy === undefined && explanation.aside === undefined;
  const resume: Remedy = {
    kind: 'operator',
    what: 'resume',
    ...(starts ? { then: 'starts' } : {}),
    sentence: `Resume the queue: \`trainyard queue resume ${story.spec.name}\`. ${starts ? 'It starts then.' : 'It is offered then, and waits as said above.'}`,
  };
  return {
    ...explanation,
    aside: 'PAUSED',
    sentence: `${PAUSED} ${explanation.aside === undefined ? after(explanation) : explanation.sentence}`,
    // One that is held as well has to be released, too.
    remedies: explanation.aside === undefined ? [resume] : [resume, ...explanation.remedies],
  };
}
