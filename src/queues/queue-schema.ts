import { z } from 'zod';
import { INSTANCE_FAMILIES, INSTANCE_TYPES } from '../jobs/instance-types.ts';
import { InvalidInputError, type Problem } from '../jobs/job-problem.ts';
import { toJson } from '../jobs/json-value.ts';
import { closed, list, oneOf, text, unfrozen, wholeNumber } from '../jobs/schema-parts.ts';
import { schemaProblems, valueAt } from '../jobs/schema-problems.ts';
import type { Json } from '../jobs/training-request.ts';
import { specOf } from './queue-resolution.ts';
import { queueProblems } from './queue-rules.ts';
import type { QueueSpec } from './queue-spec.ts';
import { queueSpecSchema } from './queue-spec-schema.ts';

/*
 * What a user writes (docs/queues.md). This definition is the one source of the validation, of the type QueueInput and of
 * schemas/queue.schema.json. Words and ranges are AWS Batch's where it has one (docs/queues.md says which are not).
 */

/** What a queue may have at most. Batch's own: 1 environment, 20 quota shares, 500 active share identifiers per queue. */
export const QUEUE_BOUNDS = {
  environments: 50,
  shares: 1_000,
  groups: 200,
  instances: 100_000,
  maxWaiting: 10_000,
} as const;

/** A resolved queue of 1,000 shares is far longer than its file; it has to fit into one message of Temporal (2 MB). */
const JSON_KIND = {
  prefix: 'QUEUE',
  noun: 'queue',
  bounds: { characters: 1_048_576, depth: 32, values: 100_000 },
} as const;

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/;
/** Keys of mappings whose order counts; JavaScript moves keys that look like numbers to the front. */
const ENVIRONMENT_NAME = /^[a-zA-Z][a-zA-Z0-9_-]*$/;

const environmentName = (): z.ZodString =>
  text('1-128 letters, digits, hyphens and underscores, beginning with a letter', {
    max: 128,
    pattern: ENVIRONMENT_NAME,
  });
const shareName = (): z.ZodString =>
  text('1-255 letters, digits, hyphens and underscores', { max: 255, pattern: NAME });

const instances = (): z.ZodInt => wholeNumber(0, QUEUE_BOUNDS.instances, 'instances');

const weight = () => {
  const error = 'a number from 0.0001 to 999.9999 with at most four decimals';
  return z
    .number({ error })
    .min(0.0001, { error })
    .max(999.9999, { error })
    .refine((value) => Math.abs(value * 10_000 - Math.round(value * 10_000)) < 1e-6, { error });
};

const perEnvironment = () =>
  z.record(environmentName(), instances(), {
    error: 'a mapping from environments to instances, such as { P4: 60 }',
  });

const limitWords =
  'a percentage of the guarantee, such as 200%, or a mapping from environments to instances, such as { P4: 15 }';
const sharingLimit = () =>
  z.union([text(limitWords, { max: 7, pattern: /^\d{1,6}%$/ }), perEnvironment()], { error: limitWords });

const serviceEnvironment = closed({
  name: environmentName(),
  instanceTypes: list(
    z.enum(INSTANCE_TYPES, { error: 'an instance type of SageMaker training, such as ml.p4d.24xlarge' }),
    1,
    50,
  )
    .exactOptional()
    .describe('What counts against the limit. Either this or family.'),
  family: z
    .enum(INSTANCE_FAMILIES, { error: 'an instance family of SageMaker training, such as p4d' })
    .exactOptional()
    .describe('All instance types of a family, such as p4d.'),
  limit: instances().describe('Most instances in use at any time.'),
});

const fifo = closed({});

const fairShare = closed({
  shareDecaySeconds: wholeNumber(0, 604_800, 'seconds')
    .default(600)
    .describe("Half-life of past usage. 0 is 600, AWS Batch's shortest window."),
  computeReservation: wholeNumber(0, 99, 'percent')
    .default(0)
    .describe(
      '(computeReservation / 100) ^ active shares of the capacity is kept for shares that are not active yet.',
    ),
  shares: list(
    closed({
      name: text('1-255 letters, digits, hyphens and underscores, and at most one * at the end', {
        max: 255,
        pattern: /^(?:[a-zA-Z0-9][a-zA-Z0-9_-]*\*?|\*)$/,
      }).describe('Share identifier. With * at its end: every share that begins so, each on its own.'),
      weightFactor: weight()
        .default(1)
        .describe('The lower, the more capacity: 0.125 gets 8 times as much as 1.'),
    }),
    1,
    QUEUE_BOUNDS.shares,
  ),
});

/** ENABLED and DISABLED are Batch's words for `lower` and `never`. */
const IN_SHARE = ['never', 'lower', 'lowerOrNewerEqual', 'ENABLED', 'DISABLED'] as const;

const quotaParts = {
  guaranteed: perEnvironment()
    .prefault({})
    .describe('Instances by environment, in order of preference. What is left out: nothing guaranteed.'),
  borrowLimit: sharingLimit().exactOptional().describe('Most above the guarantee. Absent: no limit.'),
  lendLimit: sharingLimit()
    .exactOptional()
    .describe('Most of the guarantee that others may use. Absent: all of it.'),
};

const quotaShare = closed({
  order: oneOf(['priority', 'fairShare'])
    .default('priority')
    .describe('Who goes first and who may be preempted: by priority and quota, or by fair shares.'),
  fairRules: list(oneOf(['final', 'initial']), 1, 2)
    .exactOptional()
    .describe("Fair-share order only: Kueue's preemption strategies. (Default: final, then initial)"),
  shares: list(
    closed({
      name: shareName(),
      group: shareName().exactOptional().describe('The group it belongs to. Absent: the top.'),
      weight: weight().default(1).describe('Counts in fair-share order only; the higher, the more capacity.'),
      sharing: oneOf(['RESERVE', 'LEND', 'LEND_AND_BORROW'])
        .default('LEND_AND_BORROW')
        .describe(
          'RESERVE keeps its guarantee to itself; LEND lends what is idle; LEND_AND_BORROW borrows as well.',
        ),
      ...quotaParts,
      inSharePreemption: oneOf(IN_SHARE)
        .default('lower')
        .describe(
          'Which jobs of the same share may be preempted once it is at its limit. ENABLED: lower; DISABLED: never.',
        ),
      reclaim: oneOf(['never', 'lower', 'any'])
        .default('any')
        .describe('Which jobs of other shares may be preempted to get lent capacity back.'),
      whileBorrowing: closed({
        maxPriority: wholeNumber(0, 9999).exactOptional(),
      })
        .exactOptional()
        .describe(
          'Present: may preempt lower-priority jobs of other shares (at most maxPriority) even to borrow.',
        ),
      fallback: closed({
        ifBorrowing: oneOf(['stop', 'next']).default('stop'),
        ifPreempting: oneOf(['stop', 'next']).default('next'),
        prefer: oneOf(['borrow', 'preempt']).default('borrow'),
      })
        .prefault({})
        .describe(
          'Whether an environment that needs borrowing or preemption is taken, or the next one is looked at first.',
        ),
    }),
    1,
    QUEUE_BOUNDS.shares,
  ),
  groups: list(
    closed({
      name: shareName(),
      parent: shareName().exactOptional().describe('The group around it. Absent: the top.'),
      weight: weight().default(1),
      ...quotaParts,
    }),
    0,
    QUEUE_BOUNDS.groups,
  )
    .default([])
    .describe(
      'Inner nodes of the tree of shares; what they guarantee comes on top of what their shares have.',
    ),
});

export const queueSchema = unfrozen(
  closed({
    name: text('1-128 letters, digits, hyphens and underscores', { max: 128, pattern: NAME }),
    serviceEnvironments: list(serviceEnvironment, 1, QUEUE_BOUNDS.environments).describe(
      'Pools of capacity, each of one kind of instances.',
    ),
    fifo: fifo.exactOptional().describe('The order of submission. One of fifo, fairShare, quotaShare.'),
    fairShare: fairShare.exactOptional().describe('Next is the share with the least weighted usage.'),
    quotaShare: quotaShare
      .exactOptional()
      .describe('Guaranteed parts that may be lent, borrowed and reclaimed.'),
    reservation: z
      .union(
        [z.literal(false), closed({ afterSeconds: wholeNumber(0, 2_592_000, 'seconds').default(3_600) })],
        {
          error: 'false, or a mapping with the key afterSeconds',
        },
      )
      .prefault({})
      .describe('The first job in order that has waited so long is saved up for. false: never.'),
    preemption: closed({
      minimumRuntimeSeconds: wholeNumber(0, 604_800, 'seconds')
        .default(0)
        .describe('A job is not preempted before it has held its instances so long.'),
      perJob: wholeNumber(0, 1_000)
        .exactOptional()
        .describe('A job that was preempted so often is not preempted again. Absent: no limit.'),
    }).prefault({}),
    jobStateTimeLimitActions: list(
      closed({
        reason: oneOf(['CAPACITY', 'MISCONFIGURATION', 'ANY']),
        state: oneOf(['RUNNABLE']).default('RUNNABLE'),
        maxTimeSeconds: wholeNumber(1, 2_592_000, 'seconds'),
        action: oneOf(['TERMINATE']).default('TERMINATE'),
      }),
      0,
      3,
    )
      .default([])
      .describe('What ends a job that is RUNNABLE for too long.'),
    maxWaiting: wholeNumber(1, QUEUE_BOUNDS.maxWaiting, 'jobs')
      .default(QUEUE_BOUNDS.maxWaiting)
      .describe('Most jobs that may wait at a time; further ones are refused.'),
  }),
);

/** A queue as people write it: the object that a queue file holds. */
export type QueueInput = z.input<ReturnType<typeof queueSchema>>;
/** The same with defaults filled in. */
export type WrittenQueue = z.output<ReturnType<typeof queueSchema>>;

export interface CheckedQueue {
  /** Absent when a problem is an error. */
  readonly queue?: QueueSpec;
  readonly problems: readonly Problem[];
}

/**
 * A queue as people write it, validated, with defaults filled in. What it returns may be handed in again and comes back
 * equal.
 * @throws InvalidInputError (a TrainyardError, code QUEUE_INVALID) with every problem
 */
export function resolveQueue(value: unknown): QueueSpec {
  const { queue, problems } = checkQueue(value);
  if (queue === undefined) throw new InvalidInputError('QUEUE_INVALID', problems);
  return queue;
}

/** As resolveQueue, but with the warnings, and without throwing. */
export function checkQueue(value: unknown): CheckedQueue {
  const problems: Problem[] = [];
  const json = toJson(value, problems, JSON_KIND);
  if (problems.length > 0) return { problems };
  const spec =
    valueAt(json, ['specVersion']) === undefined ? readInput(json, problems) : readSpec(json, problems);
  problems.push(...queueProblems(json));
  const refused = problems.some((problem) => problem.severity === 'error');
  return refused || spec === undefined ? { problems } : { queue: spec(), problems };
}

/** Resolving counts on the rules that span members, so that it comes after them. */
type Resolve = () => QueueSpec;

function readInput(json: Json, problems: Problem[]): Resolve | undefined {
  const parsed = queueSchema().safeParse(json);
  if (parsed.success) return () => specOf(parsed.data);
  problems.push(...schemaProblems(parsed.error.issues, json, 'QUEUE'));
  return undefined;
}

function readSpec(json: Json, problems: Problem[]): Resolve | undefined {
  const parsed = queueSpecSchema().safeParse(json);
  if (parsed.success) return () => parsed.data;
  problems.push(...schemaProblems(parsed.error.issues, json, 'QUEUE'));
  return undefined;
}
