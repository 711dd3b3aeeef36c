import { createHash } from 'node:crypto';
import { PublishCommand, type PublishCommandInput } from '@aws-sdk/client-sns';
import { classifyCallError, type CallError } from '../jobs/failure-classification.ts';
import { NotifierError, type Notification, type Notifier } from '../ports/notifier.ts';
import { callErrorOf } from './call-error.ts';
import { type AwsClients, bounded } from './clients.ts';

/** "must be less than 100 characters long" (PublishInput of @aws-sdk/client-sns). */
const SUBJECT_LENGTH = 99;
/** Subscribers that are programs; everybody else (email, SMS) gets the default. */
const PROGRAMS = ['http', 'https', 'sqs', 'lambda', 'firehose'] as const;

/** Publishes through SNS, in the region of the topic. People get the text, programs the JSON. */
export function snsNotifier(clients: Pick<AwsClients, 'sns'>): Notifier {
  return {
    publish: async (notification) => {
      const command = new PublishCommand(publishInput(notification));
      try {
        const answer = await clients.sns(regionOf(notification.topicArn)).send(command, bounded());
        return { messageId: answer.MessageId ?? '' };
      } catch (cause) {
        if (cause instanceof NotifierError) throw cause;
        const error = callErrorOf(cause);
        throw new NotifierError(error.errorName, error.message, { retryable: isRetryable(error), cause });
      }
    },
  };
}

function publishInput({
  topicArn,
  id,
  jobId,
  subject,
  text,
  json,
  attributes,
}: Notification): PublishCommandInput {
  const forPrograms = Object.fromEntries(PROGRAMS.map((protocol) => [protocol, json]));
  return {
    TopicArn: topicArn,
    Subject: asciiSubject(subject),
    MessageStructure: 'json',
    Message: JSON.stringify({ default: text, ...forPrograms }),
    // SNS refuses attributes without a value.
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
    ...(topicArn.endsWith('.fifo')
      ? { MessageGroupId: jobId, MessageDeduplicationId: deduplicationId(id) }
      : {}),
  };
}

/**
 * ASCII that begins with a letter, digit or punctuation mark and has no control characters (PublishInput of
 * @aws-sdk/client-sns): accents are dropped, other characters become `?`.
 */
export function asciiSubject(subject: string): string {
  const ascii = subject
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
  return ascii.length <= SUBJECT_LENGTH ? ascii || 'Trainyard' : `${ascii.slice(0, SUBJECT_LENGTH - 3)}...`;
}

/** At most 128 characters without spaces; anything else is replaced by its digest, which is as unique. */
function deduplicationId(id: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}

function regionOf(topicArn: string): string {
  const region = /^arn:[^:]+:sns:([^:]+):/.exec(topicArn)?.[1];
  if (region !== undefined) return region;
  throw new NotifierError('InvalidParameter', `"${topicArn}" is not the ARN of an SNS topic.`, {
    retryable: false,
  });
}

/** A topic that refuses the message refuses it again; throttling, outages and lost connections pass. */
function isRetryable(error: CallError): boolean {
  if (error.errorName === 'KMSThrottlingException') return true;
  const { httpStatus } = error;
  return httpStatus === undefined || classifyCallError(error).class === 'transient';
}
