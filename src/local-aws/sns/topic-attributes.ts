import { invalidParameter } from './errors.ts';

/** 256 KiB. AWS allows up to 1 MiB, but not on topics with http or email subscriptions, and there are no others here. */
export const MAX_MESSAGE_BYTES = 262_144;

type Check = (value: string) => boolean;

const anything: Check = () => true;
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value);

/** Settable attributes. What has no effect here is kept and shown, as far as it makes sense. */
const ATTRIBUTES: Readonly<Record<string, Check>> = {
  DisplayName: (value) => value.length <= 100,
  Policy: isJsonObject,
  DeliveryPolicy: (value) => value === '' || isJsonObject(value),
  KmsMasterKeyId: anything,
  SignatureVersion: oneOf('1', '2'),
  TracingConfig: oneOf('PassThrough', 'Active'),
  ArchivePolicy: (value) => value === '' || isJsonObject(value),
  MaximumMessageSize: (value) =>
    /^\d{1,7}$/.test(value) && Number(value) >= 1024 && Number(value) <= MAX_MESSAGE_BYTES,
};
const FIFO_ATTRIBUTES: Readonly<Record<string, Check>> = {
  ContentBasedDeduplication: oneOf('true', 'false'),
  FifoThroughputScope: oneOf('Topic', 'MessageGroup'),
};
/** Delivery status logging: `HTTPSuccessFeedbackRoleArn` and its many siblings. */
const FEEDBACK = /^(HTTP|Firehose|Lambda|Application|SQS)(Success|Failure)Feedback(RoleArn|SampleRate)$/;
const MAX_LENGTH = 30_720;

/** @throws AwsError InvalidParameter. `unknown` is what AWS says about a name that is none. */
export function checkTopicAttribute(name: string, value: string, fifo: boolean, unknown: string): void {
  const known = { ...ATTRIBUTES, ...(fifo ? FIFO_ATTRIBUTES : {}) };
  const check = Object.hasOwn(known, name) ? known[name] : FEEDBACK.test(name) ? anything : undefined;
  if (check === undefined) throw invalidParameter(unknown);
  if (value.length > MAX_LENGTH || !check(value))
    throw invalidParameter(`${name} Reason: Invalid value [${value}]`);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
