import { ActivityFailure, workflowInfo } from '@temporalio/workflow';
import { type JobSpec, type NotifyEvent } from '../jobs/spec.ts';
import { sendNotification } from './activity-proxies.ts';
import { noteNotification, viewOf, type JobStory } from './job-story.ts';

/**
 * Sends the notification of an event, once per job, if its owner wants it. Never fails: how it went is a line in the
 * job's view. Retries are bounded by the activity's options.
 */
export async function notify(job: JobSpec, story: JobStory, event: NotifyEvent): Promise<void> {
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

function topicName(arn: string): string {
  return arn.split(':').at(-1) ?? arn;
}
