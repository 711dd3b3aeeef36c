import { ActivityFailure, workflowInfo } from '@temporalio/workflow';
import type { NotifyEvent } from '../jobs/spec.ts';
import { sendNotification } from './activity-proxies.ts';
import type { JobRun } from './job-run.ts';
import { noteNotification, viewOf } from './job-story.ts';

/** Of 256 characters; summaries are short. */
const TOPIC_NAME_LENGTH = 80;

/**
 * Sends the notification of an event, once per job, if its owner wants it. Never fails: how it went is a line in the
 * job's view. Retries are bounded by the activity's options.
 */
export async function notify({ job, story }: JobRun, event: NotifyEvent): Promise<void> {
  const policy = job.notify;
  if (policy === undefined || !policy.on.includes(event) || story.notified.includes(event)) return;
  story.notified.push(event);
  try {
    const { messageId } = await sendNotification.executeWithOptions(
      { summary: `${event} to ${topicName(policy.topicArn)}` },
      [
        {
          event,
          topicArn: policy.topicArn,
          notificationId: `${job.jobId}/${workflowInfo().firstExecutionRunId}/${event}`,
          job: viewOf(job, story),
        },
      ],
    );
    noteNotification(story, `Notified ${topicName(policy.topicArn)} of ${event}: message ${messageId}.`);
  } catch (error) {
    const why = error instanceof ActivityFailure ? (error.cause?.message ?? error.message) : String(error);
    noteNotification(story, `The notification of ${event} to ${topicName(policy.topicArn)} failed: ${why}`);
  }
}

/** The same while the job goes on. */
export function notifyMeanwhile(run: JobRun, event: NotifyEvent): void {
  const sending = notify(run, event).finally(() => run.sending.delete(sending));
  run.sending.add(sending);
}

function topicName(arn: string): string {
  return (arn.split(':').at(-1) ?? arn).slice(0, TOPIC_NAME_LENGTH);
}
