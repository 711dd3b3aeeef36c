import { ApplicationFailure } from '@temporalio/activity';
import { notificationOf } from './notification.ts';
import { NotifierError, type Notifier } from '../ports/notifier.ts';
import type { NotifyInput } from './types.ts';

/** Publishes one notification; a topic that cannot take it whenever it is tried fails for good. */
export async function sendNotification(
  { notifier }: { readonly notifier: Notifier },
  input: NotifyInput,
): Promise<{ readonly messageId: string }> {
  try {
    return await notifier.publish(notificationOf(input));
  } catch (error) {
    if (!(error instanceof NotifierError)) throw error;
    throw ApplicationFailure.create({
      type: error.errorName,
      message: error.message,
      nonRetryable: !error.retryable,
    });
  }
}
