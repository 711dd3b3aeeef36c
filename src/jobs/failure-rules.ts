import type { FailureClass } from './failure.ts';

/** What is known about a failure, in the form that rules are matched against. */
export interface Evidence {
  /** A refused call, or the status in which a training job ended. */
  readonly seen: 'call' | 'Failed' | 'Stopped';
  /** Error name of a call; first word of a FailureReason; secondary status of a stop. */
  readonly label: string;
  /** Label and message on one line. */
  readonly text: string;
  readonly httpStatus?: number | undefined;
  /** Whether a training job that never started had used up its MaxPendingTimeInSeconds. */
  readonly pendingTimeUsedUp?: boolean;
}

/** Matches when everything that it names holds. Labels and texts ignore case; a label may end in `*`. */
export interface Rule {
  readonly seen: Evidence['seen'];
  readonly labels?: readonly string[];
  /** Any of them occurs in the evidence's text. */
  readonly texts?: readonly (string | RegExp)[];
  readonly httpStatus?: (status: number) => boolean;
  readonly pendingTimeUsedUp?: true;
  readonly class: FailureClass;
  readonly permanent?: true;
  /** What to change; a function may take names out of the text. */
  readonly advice?: string | ((text: string) => string);
}

/** Retried by the AWS SDK as throttling (@smithy/core constants.js). */
const THROTTLING = [
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'PriorRequestNotComplete',
  'TransactionInProgressException',
  'SlowDown',
  'EC2ThrottledException',
];
/** Retried by the AWS SDK as transient (same file), and what Node's sockets and aborted requests add. */
const CONNECTION = [
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'AbortError',
  'NetworkingError',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_SOCKET_*',
  'UND_ERR_*',
];
/** The worker's credentials ran out or cannot be had right now: the operator's business, not the fault of any job. */
const CREDENTIALS_GONE = [
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'CredentialsProviderError',
  'TokenProviderError',
];
const CREDENTIALS_WRONG = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'MissingAuthenticationToken*',
];

const NO_CAPACITY: readonly (string | RegExp)[] = [
  'CapacityError',
  'unable to provision requested ML compute capacity',
  // EC2's InsufficientInstanceCapacity, with the misspellings that occur.
  /insuff\w*?\s*(?:instance)?\s*capacity/i,
];
const ACCESS_DENIED: readonly RegExp[] = [/access ?denied/i, /\b403\b.*forbidden/i];
const CORRECT_THE_REQUEST = 'Correct the training section of the job file and submit the job again.';

/**
 * The failure table of docs/design.md §4, used everywhere. The first rule that matches decides; nothing matching is
 * class `unknown`. SageMaker's texts change without notice, so rules look for words and never compare whole sentences.
 */
export const FAILURE_RULES: readonly Rule[] = [
  // A call was refused or got lost.
  {
    seen: 'call',
    labels: ['ResourceLimitExceeded'],
    texts: [/not available in (?:this|the) region/i],
    class: 'quota',
    permanent: true,
    advice: 'List a placement with an instance type that this region offers.',
  },
  { seen: 'call', labels: ['ResourceLimitExceeded'], class: 'quota' },
  {
    seen: 'call',
    labels: ['CapacityError', 'InsufficientInstanceCapacity', 'InsufficientCapacity*'],
    class: 'capacity',
  },
  { seen: 'call', labels: THROTTLING, class: 'transient' },
  { seen: 'call', labels: CONNECTION, class: 'transient' },
  { seen: 'call', texts: ['socket hang up'], class: 'transient' },
  {
    seen: 'call',
    labels: CREDENTIALS_GONE,
    class: 'transient',
    advice:
      'Renew the AWS credentials of the Trainyard worker (and check its clock); its jobs wait until then.',
  },
  {
    seen: 'call',
    labels: ['InvalidSignatureException'],
    texts: ['signature expired', 'signature not yet current'],
    class: 'transient',
    advice: 'Set the clock of the Trainyard worker; its jobs wait until then.',
  },
  {
    seen: 'call',
    httpStatus: (status) => status >= 500 || status === 429 || status === 408,
    class: 'transient',
  },
  // Somebody else changes the same experiment or artifact at this moment.
  { seen: 'call', labels: ['ConflictException'], class: 'transient' },
  {
    seen: 'call',
    labels: CREDENTIALS_WRONG,
    class: 'request',
    advice: 'Give the Trainyard worker AWS credentials that are valid in this account and partition.',
  },
  {
    seen: 'call',
    labels: ['AccessDenied*', 'NotAuthorized*', 'UnauthorizedOperation', 'AuthFailure'],
    class: 'request',
    advice: permissionAdvice,
  },
  {
    seen: 'call',
    labels: ['ResourceInUse*'],
    class: 'request',
    advice: 'Submit the job under another jobId, so that its training job gets another name.',
  },
  {
    seen: 'call',
    texts: ['no S3 objects found under'],
    class: 'request',
    advice: 'Put data under the S3Uri of training.InputDataConfig, or correct the S3Uri.',
  },
  {
    seen: 'call',
    texts: ['could not assume role'],
    class: 'request',
    advice: 'Check that training.RoleArn exists and trusts sagemaker.amazonaws.com.',
  },
  {
    seen: 'call',
    labels: ['ValidationException', 'ValidationError', 'InvalidParameter*', 'MissingParameter*'],
    class: 'request',
    advice: memberAdvice,
  },
  {
    seen: 'call',
    labels: ['ResourceNotFound*', 'SerializationException', 'UnknownOperationException', 'OptInRequired'],
    class: 'request',
    advice: CORRECT_THE_REQUEST,
  },

  // A training job Failed. The user's own text comes first: it may contain any of the other words.
  {
    seen: 'Failed',
    labels: ['AlgorithmError'],
    texts: [/out ?of ?memory/i, /exit ?code:? (?:137|-9)\b/i],
    class: 'algorithm',
    advice: 'The training ran out of memory: use smaller batches or a placement with more memory.',
  },
  { seen: 'Failed', labels: ['AlgorithmError'], class: 'algorithm' },
  { seen: 'Failed', texts: NO_CAPACITY, class: 'capacity' },
  { seen: 'Failed', labels: ['ResourceLimitExceeded'], class: 'quota' },
  { seen: 'Failed', labels: ['InternalServerError'], class: 'internal' },
  { seen: 'Failed', texts: ['we encountered an internal error'], class: 'internal' },
  {
    seen: 'Failed',
    labels: ['ClientError'],
    texts: [/instance type with more memory/i, /out of memory/i, /use a larger instance/i],
    class: 'request',
    advice:
      'List a placement with more memory per instance, or spread the data over more instances (ShardedByS3Key).',
  },
  {
    seen: 'Failed',
    labels: ['ClientError'],
    texts: [/subnet'?s? route table/i, /s3 vpc endpoint/i],
    class: 'request',
    advice: 'Give the route tables of training.VpcConfig.Subnets an S3 gateway endpoint.',
  },
  {
    seen: 'Failed',
    labels: ['ClientError'],
    texts: [/artifact upload failed.*(?:access ?denied|forbidden)/i],
    class: 'request',
    advice: 'Allow training.RoleArn s3:PutObject under training.OutputDataConfig.S3OutputPath.',
  },
  {
    seen: 'Failed',
    labels: ['ClientError'],
    texts: ACCESS_DENIED,
    class: 'request',
    advice: 'Allow training.RoleArn s3:GetObject and s3:ListBucket on what training.InputDataConfig names.',
  },
  {
    seen: 'Failed',
    labels: ['ClientError'],
    texts: ['data download failed', 'no S3 objects found under'],
    class: 'request',
    advice: 'Check that the S3Uri of every channel in training.InputDataConfig exists in this region.',
  },
  {
    seen: 'Failed',
    labels: ['ClientError'],
    class: 'request',
    advice: CORRECT_THE_REQUEST,
  },

  // A training job Stopped without a request of Trainyard.
  { seen: 'Stopped', labels: ['MaxRuntimeExceeded'], class: 'timeout' },
  { seen: 'Stopped', labels: ['MaxWaitTimeExceeded'], class: 'capacity' },
  // The value of a pending timeout is not documented (Batch user guide, sm_job_stuck_in_runnable_capacity).
  {
    seen: 'Stopped',
    texts: [/pending.*(?:time|exceed|limit)/i, /(?:time|exceed|limit).*pending/i],
    class: 'capacity',
  },
  { seen: 'Stopped', pendingTimeUsedUp: true, class: 'capacity' },
  { seen: 'Stopped', class: 'stopped' },
];

export function matchingRule(evidence: Evidence): Rule | undefined {
  return FAILURE_RULES.find((rule) => matches(rule, evidence));
}

function matches(rule: Rule, evidence: Evidence): boolean {
  return (
    rule.seen === evidence.seen &&
    (rule.labels === undefined || rule.labels.some((label) => isLabel(label, evidence.label))) &&
    (rule.texts === undefined || rule.texts.some((text) => occurs(text, evidence.text))) &&
    (rule.httpStatus === undefined ||
      (evidence.httpStatus !== undefined && rule.httpStatus(evidence.httpStatus))) &&
    (rule.pendingTimeUsedUp === undefined || evidence.pendingTimeUsedUp === true)
  );
}

function isLabel(pattern: string, label: string): boolean {
  const [wanted, got] = [pattern.toLowerCase(), label.toLowerCase()];
  return wanted.endsWith('*') ? got.startsWith(wanted.slice(0, -1)) : got === wanted;
}

function occurs(wanted: string | RegExp, text: string): boolean {
  return typeof wanted === 'string' ? text.toLowerCase().includes(wanted.toLowerCase()) : wanted.test(text);
}

function permissionAdvice(text: string): string {
  const action = /not authorized to perform:? ([a-z0-9-]+:\w+)/i.exec(text)?.[1];
  if (action === undefined) return 'Allow the Trainyard worker the call in its IAM policy.';
  const on = action.toLowerCase() === 'iam:passrole' ? " on the job's training.RoleArn" : '';
  return `Allow the Trainyard worker ${action}${on} in its IAM policy.`;
}

function memberAdvice(text: string): string {
  const member = /\bat '([\w.]+)' failed to satisfy/.exec(text)?.[1];
  return member === undefined
    ? CORRECT_THE_REQUEST
    : `Correct training.${pascalPath(member)} and submit the job again.`;
}

/** `resourceConfig.instanceType` in AWS's message is `ResourceConfig.InstanceType` in the request. */
function pascalPath(path: string): string {
  return path
    .split('.')
    .filter((part) => part !== 'member')
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('.');
}
