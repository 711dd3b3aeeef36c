import { z } from 'zod';
import { faultSchema } from '../faults/fault.ts';

/** The longest time that the config knows, in seconds: 28 days. */
const seconds = z.number().min(0).max(2_419_200);
const count = z.int().min(0).max(1_000_000);

const instanceSchema = z.strictObject({
  /** Instances that exist, for all jobs together. (Default: without limit) */
  capacity: count.optional(),
  /** Instances that exist for spot jobs, apart from `capacity`. (Default: spot jobs share `capacity`) */
  spotCapacity: count.optional(),
  /** The account's service quota, "for training job usage", in instances. (Default: without limit) */
  quota: count.optional(),
  /** The account's service quota "for spot training job usage". (Default: without limit) */
  spotQuota: count.optional(),
  /** False: the type is not available in this region. (Default: true) */
  available: z.boolean().optional(),
});

const imageSchema = z.union(
  [
    z.strictObject({ image: z.string().min(1), command: z.array(z.string()).min(1) }),
    z.strictObject({
      image: z.string().min(1),
      simulate: z.strictObject({
        /** How long the training takes, in real seconds. */
        seconds: seconds,
        /** The job's FailureReason at the end. (Default: it completes) */
        failure: z.string().min(1).max(1024).optional(),
      }),
    }),
  ],
  { error: 'an image has either `command` (a list of texts) or `simulate: { seconds }`' },
);

const rateSchema = z.union(
  [
    z.literal(false),
    z.strictObject({
      perSecond: z.number().positive().max(100_000),
      burst: z.number().min(1).max(100_000).optional(),
    }),
  ],
  { error: 'a rate is `{ perSecond, burst? }`, or false for none' },
);

/** Real seconds, except that SageMaker's limits are multiplied by `timeScale`. */
const timingSchema = z.strictObject({
  /** Between "instances found" and Downloading. (Default: 1) */
  startingSeconds: seconds.default(1),
  /** Downloading takes at least so long. (Default: 0) */
  downloadingSeconds: seconds.default(0),
  /** Pending for want of capacity, until CapacityError. (Default: 60; AWS needs about 30 minutes) */
  capacityPatienceSeconds: seconds.default(60),
  /** A spot job stays Interrupted so long before it looks for instances again. (Default: 1) */
  spotRestartSeconds: seconds.default(1),
  /** Between the notice of a spot interruption (SIGTERM) and SIGKILL. (Default: 2; EC2 gives 120) */
  spotNoticeSeconds: seconds.default(2),
  /** Between SIGTERM and SIGKILL of StopTrainingJob and of exceeded time limits. (Default: 120) */
  stopGraceSeconds: seconds.default(120),
});

const ratesSchema = z.record(z.string(), rateSchema);

/** What the timeline may do. `set` is a JSON merge patch (RFC 7396) on the config, as of PATCH /_local/config. */
const stepSchema = z.strictObject({
  /** Seconds after the endpoint started, or after the timeline last changed. */
  at: seconds,
  set: z.record(z.string(), z.unknown()).optional(),
  /** Added as by POST /_local/faults. */
  faults: z.array(faultSchema).optional(),
  /** Glob of training jobs: those that run on spot instances lose them. */
  interrupt: z.string().min(1).optional(),
});

export const configSchema = z.strictObject({
  /** (Default: us-east-1) */
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region looks like us-east-1')
    .default('us-east-1'),
  /** MaxRuntime, MaxWait, MaxPending and KeepAlivePeriod are multiplied by this: 0.001 turns an hour into 3.6 s. (Default: 1) */
  timeScale: z.number().positive().max(1_000).default(1),
  timing: timingSchema.prefault({}),
  /** By instance type or glob; an exact name wins, then the first glob that matches. */
  instances: z.record(z.string().min(1), instanceSchema).default({}),
  /** How much cheaper spot is: billable is (1 - discount) × training time. (Default: 0.7) */
  spotDiscount: z.number().min(0).max(0.99).default(0.7),
  /** By operation. (Default: ListTrainingJobs 2 a second, as AWS; no others) */
  throttling: ratesSchema
    .transform((rates) => ({ ListTrainingJobs: { perSecond: 2 }, ...rates }))
    .prefault({}),
  /** What runs for a TrainingImage when the request has no ContainerEntrypoint; the first match wins. */
  images: z.array(imageSchema).default([]),
  faults: z.array(faultSchema).default([]),
  timeline: z.array(stepSchema).default([]),
  /** Of the generator behind `probability`. (Default: 1) */
  seed: z.int().min(0).default(1),
});

/** The config as it is written: everything may be left out. */
export type LocalAwsConfig = z.input<typeof configSchema>;
/** The config with its defaults. */
export type EffectiveConfig = z.output<typeof configSchema>;
export type InstanceLimits = z.output<typeof instanceSchema>;
export type Image = z.output<typeof imageSchema>;
export type TimelineStep = z.output<typeof stepSchema>;
