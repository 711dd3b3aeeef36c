/** One message about one job, ready to send. */
export interface Notification {
  readonly topicArn: string;
  /** The same for every try at sending, so that a receiver can drop a second copy. */
  readonly id: string;
  readonly jobId: string;
  /** At most 100 ASCII characters. */
  readonly subject: string;
  /** For people. */
  readonly text: string;
  /** For programs. */
  readonly json: string;
  /** What subscribers can filter on. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Throws NotifierError and nothing else. */
export interface Notifier {
  publish(notification: Notification): Promise<{ readonly messageId: string }>;
}

export class NotifierError extends Error {
  override readonly name = 'NotifierError';
  readonly errorName: string;
  /** Whether the same message may get through later. */
  readonly retryable: boolean;

  constructor(errorName: string, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.errorName = errorName;
    this.retryable = options.retryable;
  }
}
