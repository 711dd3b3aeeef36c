import { z } from 'zod';
import { GPU_FAMILIES, GPU_MODELS } from './gpu-catalog.ts';
import { INSTANCE_TYPES } from './instance-types.ts';
import { toJson } from './json-value.ts';
import { JobInvalidError, type Problem } from './job-problem.ts';
import { jobProblems } from './job-rules.ts';
import { resourceProblems } from './resource-rules.ts';
import type { Placement } from './placement.ts';
import { choosePlacements, MOST_PLACEMENTS } from './placement-choice.ts';
import { amount, closed, flag, list, oneOf, text, unfrozen, wholeNumber } from './schema-parts.ts';
import { schemaProblems, valueAt } from './schema-problems.ts';
import { type JobSpec, NOTIFY_EVENTS } from './spec.ts';
import { DEFAULT_CHECKPOINT_SECONDS } from './ticket-facts.ts';
import { instanceCount, instanceType, trainingSchema } from './training-schema.ts';
import type { Json } from './training-request.ts';

/*
 * What a user writes (docs/job-file.md). This definition is the one source of the validation, of the types JobInput and
 * of schemas/job.schema.json.
 */

const YEAR = 365 * 86_400;
const seconds = (min = 1): z.ZodInt => wholeNumber(min, YEAR, 'seconds');

const backoff = (initialSeconds: number, maxSeconds: number) =>
  closed({
    initialSeconds: amount(0, 86_400, 'seconds').default(initialSeconds).describe('Longest first wait.'),
    maxSeconds: amount(0, 604_800, 'seconds').default(maxSeconds).describe('Longest wait of all.'),
    factor: amount(1, 10).default(2).describe('How the longest wait grows from one try to the next.'),
  }).prefault({});

const retrySchema = closed({
  attempts: wholeNumber(1, 100)
    .default(1)
    .describe('Runs in total, the first included, that may end in an error of the training code.'),
  internalAttempts: wholeNumber(1, 100)
    .default(5)
    .describe('Runs in total that may end in an internal error of SageMaker or in an unknown one.'),
  backoff: backoff(10, 600).describe('Waits before a run that follows a failed one.'),
  capacityBackoff: backoff(60, 1800).describe('Waits after every placement was out of capacity or quota.'),
});

const timeLimitsSchema = closed({
  attemptSeconds: seconds().exactOptional().describe('One attempt, from its launch until it is stopped.'),
  waitingSeconds: seconds().exactOptional().describe('Time without instances, added up.'),
  totalSeconds: seconds().exactOptional().describe('From submission to the end.'),
});

const notifySchema = closed({
  topicArn: text('the ARN of a standard SNS topic, such as arn:aws:sns:us-east-1:111122223333:jobs', {
    max: 512,
    pattern: /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
  }),
  on: list(oneOf(NOTIFY_EVENTS), 1, NOTIFY_EVENTS.length)
    .default(['SUCCEEDED', 'FAILED', 'STOPPED'])
    .describe('When to notify.'),
});

const instancesSchema = closed({ instanceType: instanceType(), instanceCount: instanceCount() });
const family = z.enum(GPU_FAMILIES, { error: `one of ${GPU_FAMILIES.join(', ')}` });
const gpuModel = z.enum(GPU_MODELS, { error: `one of ${GPU_MODELS.join(', ')}` });
const familyOrType = z.enum([...GPU_FAMILIES, ...INSTANCE_TYPES], {
  error: 'a family such as p4d, or an instance type such as ml.p4d.24xlarge',
});
const constraintsSchema = closed({
  gpus: wholeNumber(1, 4096).describe('GPUs in total, over all instances.'),
  minGpuMemoryGiB: amount(0, 1024, 'GiB')
    .exactOptional()
    .describe('Per GPU as EC2 reports it: 22.4 for A10G and L4, 44.7 for L40S.'),
  maxInstances: wholeNumber(1, 1000)
    .exactOptional()
    .describe('1 for training code that cannot span instances.'),
  efa: flag().exactOptional().describe('EFA always or never. (Default: when there are several instances)'),
  gpuModels: list(gpuModel, 1, 20).exactOptional(),
  families: list(family, 1, 20).exactOptional(),
  nvlink: flag().exactOptional(),
  exclude: list(familyOrType, 1, 50)
    .exactOptional()
    .describe('Families or instance types that are not wanted.'),
  maxPricePerHour: amount(0, 1_000_000, 'USD')
    .exactOptional()
    .describe('For all instances together; prices are approximate.'),
});

const envelopeSchema = closed({
  jobId: text('1-50 letters, digits and hyphens, beginning and ending with a letter or digit', {
    max: 50,
    pattern: /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,49}$/,
  })
    .exactOptional()
    .describe('Generated when absent.'),
  queue: text('1-128 letters, digits, hyphens and underscores', {
    max: 128,
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/,
  })
    .exactOptional()
    .describe('Without a queue the job launches at once.'),
  share: text('1-255 letters, digits, hyphens and underscores', {
    max: 255,
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/,
  })
    .exactOptional()
    .describe('Who the capacity of the queue is divided among.'),
  priority: wholeNumber(0, 9999).default(0).describe('Scheduling priority inside the share, higher first.'),
  user: text('1-128 characters, no control characters', { max: 128, pattern: /^[^\p{C}]+$/u })
    .exactOptional()
    .describe('Who the job belongs to.'),
  training: trainingSchema().describe("A CreateTrainingJob request in SageMaker's own words."),
  retry: retrySchema.prefault({}),
  timeLimits: timeLimitsSchema.prefault({}).describe('In seconds; absent means unlimited.'),
  checkpointSeconds: wholeNumber(1, 86_400, 'seconds')
    .exactOptional()
    .describe(
      'Between two checkpoints; a queue stops the job that loses least by it. ' +
        `(Default: ${DEFAULT_CHECKPOINT_SECONDS} with a CheckpointConfig; else everything counts as lost)`,
    ),
  notify: notifySchema.exactOptional(),
});

export const jobSchema = unfrozen(
  closed({
    ...envelopeSchema.shape,
    placements: list(
      z.union([instancesSchema, constraintsSchema], {
        error: 'a mapping { instanceType, instanceCount }, or { gpus, ... } with constraints',
      }),
      1,
      20,
    )
      .exactOptional()
      .describe('Ordered fallback. ResourceConfig.InstanceType, when given, comes before all of these.'),
  }),
);

/** A job as people write it: the object that a job file holds. */
export type JobInput = z.input<ReturnType<typeof jobSchema>>;

/** The form that resolveJob makes, so that what it made can be handed in again. */
const kind = { error: 'instances or asWritten' };
const specSchema = closed({
  ...envelopeSchema.shape,
  specVersion: z.literal(1, { error: '1' }),
  placements: list(
    z.union([
      closed({
        kind: z.literal('instances', kind),
        instanceType: instanceType(),
        instanceCount: instanceCount(),
      }),
      closed({ kind: z.literal('asWritten', kind), label: text('1-500 characters', { max: 500 }) }),
    ]),
    1,
    MOST_PLACEMENTS,
  ),
});

export interface ResolveContext {
  /** Makes the id of a job that has none: 1-50 characters of the alphabet of job ids. */
  readonly generateJobId: () => string;
}

export interface CheckedJob {
  /** Absent when a problem is an error. */
  readonly job?: JobSpec;
  readonly problems: readonly Problem[];
}

/**
 * A job as people write it, validated, with defaults filled in and placements resolved. What it returns may be handed in
 * again and comes back equal.
 * @throws JobInvalidError (a TrainyardError, code JOB_INVALID) with every problem
 */
export function resolveJob(value: unknown, context: ResolveContext): JobSpec {
  const { job, problems } = checkJob(value, context);
  if (job === undefined) throw new JobInvalidError(problems);
  return job;
}

/** As resolveJob, but with the warnings, and without throwing. */
export function checkJob(value: unknown, context: ResolveContext): CheckedJob {
  const problems: Problem[] = [];
  const json = toJson(value, problems);
  if (problems.length > 0) return { problems };
  const { written, placements } = isSpec(json) ? readSpec(json, problems) : readInput(json, problems);
  problems.push(...jobProblems(json));
  const [first, ...others] = placements;
  const refused = problems.some((problem) => problem.severity === 'error');
  if (refused || written === undefined || first === undefined) return { problems };
  const jobId = written.jobId ?? context.generateJobId();
  return { job: { ...written, specVersion: 1, jobId, placements: [first, ...others] }, problems };
}

interface Read {
  readonly written?: z.output<typeof envelopeSchema>;
  readonly placements: readonly Placement[];
}

function isSpec(json: Json): boolean {
  return valueAt(json, ['specVersion']) !== undefined;
}

function readSpec(json: Json, problems: Problem[]): Read {
  const parsed = specSchema.safeParse(json);
  if (parsed.success) return { written: parsed.data, placements: parsed.data.placements };
  problems.push(...schemaProblems(parsed.error.issues, json));
  return { placements: [] };
}

function readInput(json: Json, problems: Problem[]): Read {
  const parsed = jobSchema().safeParse(json);
  problems.push(...resourceProblems(json));
  if (!parsed.success) {
    problems.push(...schemaProblems(parsed.error.issues, json));
    return { placements: [] };
  }
  const { placements: wanted, ...written } = parsed.data;
  return { written, placements: choosePlacements(written.training.ResourceConfig, wanted ?? [], problems) };
}
