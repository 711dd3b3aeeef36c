import { createHash, randomUUID } from 'node:crypto';
import { AwsError } from '../wire/aws-error.ts';
import type { Actions, SnsContext } from './context.ts';
import { invalidParameter, throttled } from './errors.ts';
import { isObject } from './filter/parse-condition.ts';
import { bytesOfAttributes, messageAttributesIn } from './message-attributes.ts';
import type { QueryParams } from './query-params.ts';
import type { Message, Topic } from './state.ts';
import { wants } from './subscription-attributes.ts';
import { MAX_MESSAGE_BYTES } from './topic-attributes.ts';
import { existingTopic } from './topics.ts';
import { members, type Xml } from './xml.ts';

const MAX_BATCH = 10;
/** Accepted and not yet delivered; beyond it SNS here takes nothing more. */
const MAX_DELIVERIES = 20_000;
/** What a FIFO topic remembers a deduplication id for. */
const DEDUPLICATION_MS = 5 * 60_000;

/** A checked message that has not been accepted yet. */
interface Draft {
  readonly content: Omit<Message, 'id' | 'at'>;
  readonly bytes: number;
  /** On FIFO topics. */
  readonly deduplicationId?: string;
}

interface Receipt {
  readonly messageId: string;
  readonly sequenceNumber?: string;
}

/** Publish and PublishBatch. */
export function publishActions(context: SnsContext): Actions {
  const { state, home } = context;
  return {
    Publish: (params) => {
      const arn = params.text('TopicArn') ?? params.text('TargetArn');
      if (arn === undefined) {
        // Not AWS's text where it is about telephones.
        throw invalidParameter(
          params.text('PhoneNumber') === undefined
            ? 'TopicArn or TargetArn Reason: no value for required parameter'
            : 'PhoneNumber Reason: the local AWS endpoint sends no SMS',
        );
      }
      const topic = existingTopic(state, home, arn);
      const draft = draftOf(topic, params);
      if (draft.bytes > limitOf(topic)) throw invalidParameter('Message too long');
      if (state.deliveries >= MAX_DELIVERIES) throw throttled();
      return receiptXml(accept(context, topic, draft));
    },

    PublishBatch: (params) => {
      const topic = existingTopic(state, home, params.required('TopicArn'));
      const items = params.items('PublishBatchRequestEntries.member');
      const ids = items.map((item) => item.required('Id'));
      checkBatch(ids);
      // One message that is not right refuses them all, as recorded against AWS.
      const drafts = items.map((item, index) =>
        draftOf(topic, item, `publishBatchRequestEntries.${index + 1}.member.`),
      );
      if (drafts.reduce((sum, { bytes }) => sum + bytes, 0) > limitOf(topic)) {
        throw new AwsError(
          'BatchRequestTooLong',
          'The length of all the messages put together is more than the limit.',
        );
      }
      const results = drafts.map((draft, index) => ({
        id: ids[index] ?? '',
        receipt: state.deliveries >= MAX_DELIVERIES ? undefined : accept(context, topic, draft),
      }));
      return {
        Successful: members(
          results.flatMap(({ id, receipt }) =>
            receipt === undefined ? [] : [{ Id: id, ...receiptXml(receipt) }],
          ),
        ),
        Failed: members(
          results.flatMap(({ id, receipt }) =>
            receipt === undefined
              ? [{ Id: id, Code: 'Throttled', Message: 'Rate exceeded', SenderFault: 'true' }]
              : [],
          ),
        ),
      };
    },
  };
}

function receiptXml({ messageId, sequenceNumber }: Receipt): { readonly [name: string]: Xml | undefined } {
  return { MessageId: messageId, SequenceNumber: sequenceNumber };
}

function checkBatch(ids: readonly string[]): void {
  if (ids.length === 0) {
    throw new AwsError('EmptyBatchRequest', "The batch request doesn't contain any entries.");
  }
  if (ids.length > MAX_BATCH) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      'The batch request contains more entries than permissible.',
    );
  }
  if (new Set(ids).size < ids.length) {
    throw new AwsError(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    );
  }
  for (const id of ids) {
    if (id.length > 80) {
      throw new AwsError(
        'InvalidBatchEntryId',
        `The Id of a batch entry in the batch request is too long: ${id}`,
      );
    }
    if (!/^[a-zA-Z0-9_-]+$/.test(id)) {
      throw new AwsError(
        'InvalidBatchEntryId',
        `The Id of a batch entry in the batch request contains an impermissible character: ${id}`,
      );
    }
  }
}

function limitOf({ attributes }: Topic): number {
  return Number(attributes['MaximumMessageSize'] ?? MAX_MESSAGE_BYTES);
}

/** @throws AwsError InvalidParameter, ParameterValueInvalid, ValidationError */
function draftOf(topic: Topic, params: QueryParams, path = ''): Draft {
  const subject = params.text('Subject');
  if (subject !== undefined) checkSubject(subject);
  const body = params.required('Message');
  if (body === '') throw invalidParameter('Empty message');
  const attributes = messageAttributesIn(params, path);
  const deduplicationId = deduplicationIdOf(topic, params, body);
  const structure = params.text('MessageStructure');
  if (structure === 'json') checkBodies(body);
  else if (structure !== undefined && structure !== '') throw invalidParameter('MessageStructure');
  return {
    content: {
      kind: 'Notification',
      topicArn: topic.arn,
      body,
      attributes,
      ...(subject === undefined ? {} : { subject }),
      ...(structure === 'json' ? { structure } : {}),
    },
    bytes: Buffer.byteLength(body) + bytesOfAttributes(attributes),
    ...(deduplicationId === undefined ? {} : { deduplicationId }),
  };
}

/** "UTF-8 text with no line breaks or control characters, and less than 100 characters long"; SNS really takes 100. */
function checkSubject(subject: string): void {
  if (subject.length > 100 || !/^[^\s\p{Cc}][^\p{Cc}\p{Zl}\p{Zp}]*$/u.test(subject)) {
    throw invalidParameter('Subject');
  }
}

function checkBodies(body: string): void {
  let bodies: unknown;
  try {
    bodies = JSON.parse(body);
  } catch {
    throw invalidParameter('Message Structure - JSON message body failed to parse');
  }
  if (!isObject(bodies) || typeof bodies['default'] !== 'string') {
    throw invalidParameter('Message Structure - No default entry in JSON message body');
  }
}

function deduplicationIdOf(topic: Topic, params: QueryParams, body: string): string | undefined {
  const given = params.text('MessageDeduplicationId');
  if (!topic.fifo) {
    if (given === undefined) return undefined;
    throw invalidParameter(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    );
  }
  const group = params.text('MessageGroupId');
  if (group === undefined) throw invalidParameter('The MessageGroupId parameter is required for FIFO topics');
  if (!/^[\x21-\x7e]{1,128}$/.test(group)) throw invalidParameter('MessageGroupId');
  if (given === undefined && topic.attributes['ContentBasedDeduplication'] !== 'true') {
    throw invalidParameter(
      'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  if (given !== undefined && !/^[\x21-\x7e]{1,128}$/.test(given)) {
    throw invalidParameter('MessageDeduplicationId');
  }
  return given ?? createHash('sha256').update(body).digest('hex');
}

/** Takes the message: it will be delivered to whoever is subscribed now. On a FIFO topic only the first time. */
function accept(context: SnsContext, topic: Topic, { content, deduplicationId }: Draft): Receipt {
  const { state, deliveries, now } = context;
  const at = now();
  const message: Message = { ...content, id: randomUUID(), at };
  const receipt: Receipt = { messageId: message.id };
  if (deduplicationId !== undefined) {
    const seen = state.sighting(topic.arn, deduplicationId);
    if (seen !== undefined && seen.at >= at - DEDUPLICATION_MS) return seen;
    const sequenceNumber = state.nextSequenceNumber();
    const sighting = { topicArn: topic.arn, deduplicationId, messageId: message.id, sequenceNumber, at };
    state.remember(sighting, at - DEDUPLICATION_MS);
    return { ...receipt, sequenceNumber };
  }
  const to = state
    .subscriptionsOf(topic.arn)
    .filter((subscription) => subscription.status === 'confirmed' && wants(subscription, message))
    .map(({ arn }) => arn);
  state.accept(message, to);
  deliveries.add(message, to);
  return receipt;
}
