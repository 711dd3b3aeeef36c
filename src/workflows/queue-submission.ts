import { ApplicationFailure } from '@temporalio/workflow';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { resolveJob } from '../jobs/job-schema.ts';
import type { JobSpec } from '../jobs/spec.ts';
import { ticketFacts } from '../jobs/ticket-facts.ts';
import { admitToQueue } from '../queues/ticket.ts';
import type {
  QueueFullDetails,
  SubmitJobsAnswer,
  SubmitJobsRequest,
  SubmittedJob,
} from './queue-contract.ts';
import type { Profile } from './queue-entry.ts';
import { submission } from './queue-message-shapes.ts';
import type { QueueRun } from './queue-run.ts';

/** Jobs whose workflow has not been started yet: their specifications are in the queue's memory. */
const MOST_ACCEPTED = 500;

/** Refuses a submission as a whole: before it is in the history, so that nothing of it is kept. Must not wait. */
export function refuseSubmission({ story, rolling }: QueueRun, request: SubmitJobsRequest): void {
  const { name, maxWaiting } = story.spec;
  const checked = submission().safeParse(request);
  if (!checked.success) {
    throw ApplicationFailure.nonRetryable(
      `A submission to queue ${name} is {jobs: at most 100 jobs, submittedAt: milliseconds}.`,
      'JOB_INVALID',
    );
  }
  const fresh = request.jobs.filter((job) => story.get(idOf(job)) === undefined).length;
  if (fresh === 0) return;
  if (story.waitingSize + fresh > maxWaiting) {
    const details: QueueFullDetails = { room: Math.max(0, maxWaiting - story.waitingSize) };
    throw ApplicationFailure.nonRetryable(
      `Queue ${name} has ${story.waitingSize} waiting jobs and takes ${maxWaiting} at most, so that ${fresh} more do not fit. ` +
        'Nothing of them was kept: submit them again when others have started.',
      'QUEUE_FULL',
      details,
    );
  }
  if (rolling || story.accepted.size + fresh > MOST_ACCEPTED) {
    throw ApplicationFailure.nonRetryable(
      rolling
        ? `Queue ${name} is tidying up its history. Nothing of the jobs was kept: submit them again in a moment.`
        : `Queue ${name} is still starting ${story.accepted.size} jobs (it starts ${MOST_ACCEPTED} at a time at most). ` +
            `Nothing of the ${fresh} others was kept: submit them again in a moment.`,
      'QUEUE_BUSY',
    );
  }
}

/** Takes in the jobs of a submission, each by itself. A job that the queue has is known, whatever is said of it now. */
export function submit(run: QueueRun, request: SubmitJobsRequest, now: number): SubmitJobsAnswer {
  const { jobs, specHashes, submittedAt } = request;
  const results = jobs.map((job, index): SubmittedJob => {
    const hash = specHashes?.[index];
    return submitOne(run, job, { submittedAt, ...(hash === undefined ? {} : { specHash: hash }) }, now);
  });
  return { results };
}

function submitOne(
  { story }: QueueRun,
  written: unknown,
  more: { readonly submittedAt: number; readonly specHash?: string },
  now: number,
): SubmittedJob {
  const jobId = idOf(written);
  if (story.get(jobId) !== undefined) return { jobId, outcome: 'known' };
  const checked = checkedJob(written, story.spec.name);
  if (!checked.ok) return { jobId, outcome: 'refused', code: checked.code, message: checked.message };
  const { job } = checked;
  const ticket = admitToQueue(job, story.spec);
  if (!ticket.ok) return { jobId, outcome: 'refused', code: ticket.code, message: ticket.message };
  const { share, options } = ticket;
  const { priority } = job;
  story.accepted.set(jobId, { job, ...more });
  story.add(
    { id: jobId, profile: profileOf(job), share, options, priority, queuedAt: now, held: false },
    now,
  );
  return { jobId, outcome: 'accepted' };
}

/** A job as a client sends it, or why the queue cannot take it. */
export function checkedJob(
  written: unknown,
  queue: string,
):
  | { readonly ok: true; readonly job: JobSpec }
  | { readonly ok: false; readonly code: string; readonly message: string } {
  try {
    const job = resolveJob(written, { generateJobId: () => '' });
    if (job.queue === queue) return { ok: true, job };
    const named = job.queue === undefined ? 'no queue' : `the queue ${job.queue}`;
    const message = `Job ${job.jobId} names ${named}, and this is queue ${queue}.`;
    return { ok: false, code: 'JOB_INVALID', message };
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    return { ok: false, code: error.code, message: error.message };
  }
}

/** What a queue keeps of a job. */
export function profileOf(job: JobSpec): Profile {
  return {
    placements: job.placements,
    ...(job.share === undefined ? {} : { asked: job.share }),
    ...(job.user === undefined ? {} : { user: job.user }),
    ...ticketFacts(job),
  };
}

function idOf(job: unknown): string {
  if (typeof job !== 'object' || job === null || !('jobId' in job)) return '';
  return typeof job.jobId === 'string' ? job.jobId : '';
}
