import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A file of decision vectors and number vectors. Fields that are not named here are allowed and ignored. */

const units = z.record(z.string(), z.number().int());
const quota = z.looseObject({
  nominal: z.number().int(),
  borrowLimit: z.number().int().optional(),
  lendLimit: z.number().int().optional(),
});
const quotas = z.record(z.string(), quota);

const quotaTree = z.looseObject({
  id: z.string(),
  model: z.literal('quota-tree'),
  says: z.string().optional(),
  mode: z.enum(['classic', 'fair-share']),
  fairStrategies: z.array(z.enum(['final', 'initial'])).optional(),
  groups: z
    .array(
      z.looseObject({
        id: z.string(),
        parent: z.string().optional(),
        weight: z.number().min(0).optional(),
        quota: quotas.optional(),
      }),
    )
    .default([]),
  queues: z.array(
    z.looseObject({
      id: z.string(),
      group: z.string().optional(),
      weight: z.number().min(0).optional(),
      quota: quotas.default({}),
      preempt: z
        .looseObject({
          own: z.enum(['never', 'lower', 'lower-or-newer-equal', 'any']).default('never'),
          reclaim: z.enum(['never', 'lower', 'any']).default('never'),
          whileBorrowing: z.looseObject({ maxPriority: z.number().int().optional() }).optional(),
        })
        .default({ own: 'never', reclaim: 'never' }),
      fallback: z
        .looseObject({
          ifBorrowing: z.enum(['stop', 'next']).default('stop'),
          ifPreempting: z.enum(['stop', 'next']).default('next'),
          prefer: z.enum(['borrow', 'preempt']).default('borrow'),
        })
        .default({ ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' }),
    }),
  ),
  running: z
    .array(
      z.looseObject({
        id: z.string(),
        queue: z.string(),
        priority: z.number().int().default(0),
        use: units,
        startedAt: z.number().default(0),
        submittedAt: z.number().optional(),
        evicting: z.boolean().default(false),
      }),
    )
    .default([]),
  pending: z.array(
    z.looseObject({
      id: z.string(),
      queue: z.string(),
      priority: z.number().int().default(0),
      size: z.number().int(),
      submittedAt: z.number().default(0),
    }),
  ),
  expect: z.looseObject({
    admit: z.record(z.string(), z.string()).default({}),
    preempt: z
      .array(z.looseObject({ job: z.string(), kind: z.string().optional(), for: z.string().optional() }))
      .default([]),
    wait: z.array(z.string()).default([]),
  }),
});

const size = z.looseObject({
  id: z.string(),
  queue: z.string(),
  priority: z.number().int().default(0),
  size: z.number().int(),
});

const deservedShare = z.looseObject({
  id: z.string(),
  model: z.literal('deserved-share'),
  says: z.string().optional(),
  capacity: z.number().int(),
  groups: z
    .array(z.looseObject({ id: z.string(), parent: z.string().optional(), deserved: z.number().optional() }))
    .default([]),
  queues: z.array(
    z.looseObject({
      id: z.string(),
      group: z.string().optional(),
      deserved: z.number().optional(),
      overQuotaWeight: z.number().min(0).optional(),
    }),
  ),
  running: z.array(size).default([]),
  pending: z.array(size),
  expect: z.looseObject({
    admit: z.array(z.string()).default([]),
    preempt: z.array(z.string()).default([]),
    startAfterPreemption: z.array(z.string()).default([]),
    wait: z.array(z.string()).default([]),
  }),
});

const rounds = z.looseObject({
  id: z.string(),
  model: z.literal('rounds'),
  says: z.string().optional(),
  nodes: z.array(z.number().int()),
  priorityFactor: z.record(z.string(), z.number().positive()),
  protectedFractionOfFairShare: z.number().optional(),
  classes: z.record(z.string(), z.looseObject({ priority: z.number().int(), preemptible: z.boolean() })),
  rounds: z.array(
    z.looseObject({
      submit: z
        .array(
          z.looseObject({
            queue: z.string(),
            class: z.string(),
            size: z.number().int(),
            count: z.number().int(),
          }),
        )
        .default([]),
      expectStart: z
        .array(z.looseObject({ queue: z.string(), from: z.number().int(), to: z.number().int() }))
        .default([]),
      expectPreempt: z
        .array(
          z.looseObject({
            queue: z.string(),
            submittedInRound: z.number().int(),
            from: z.number().int(),
            to: z.number().int(),
          }),
        )
        .default([]),
    }),
  ),
});

const numberVector = z.looseObject({
  id: z.string(),
  formula: z.string(),
  says: z.string().optional(),
  in: z.record(z.string(), z.unknown()),
  out: z.record(z.string(), z.unknown()),
});

const file = z
  .looseObject({
    vectors: z.array(z.discriminatedUnion('model', [quotaTree, deservedShare, rounds])).optional(),
    numbers: z.array(numberVector).optional(),
  })
  .refine(({ vectors, numbers }) => vectors !== undefined || numbers !== undefined, {
    message: 'has neither "vectors" nor "numbers"',
    abort: true,
  })
  // A run that compares nothing would pass as one where everything agrees.
  .refine(({ vectors = [], numbers = [] }) => vectors.length + numbers.length > 0, {
    message: 'holds neither a vector nor a number: its lists are empty',
  });

export type QuotaTreeVector = z.infer<typeof quotaTree>;
export type DeservedShareVector = z.infer<typeof deservedShare>;
export type RoundsVector = z.infer<typeof rounds>;
export type NumberVector = z.infer<typeof numberVector>;
export type VectorFile = z.infer<typeof file>;

/** The file cannot be read, or is not of the format: the message says where and what. */
export class VectorFileError extends Error {}

export function readVectorFile(path: string): VectorFile {
  return parseVectorFile(readText(path), path);
}

export function parseVectorFile(text: string, path: string): VectorFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new VectorFileError(`${path}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = file.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `  ${placeOf(issue.path)}: ${issue.message}`);
  const more = parsed.error.issues.length - issues.length;
  throw new VectorFileError(
    [
      `${path}: not a file of scheduling vectors`,
      ...issues,
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join('\n'),
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new VectorFileError(
      `${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path.reduce<string>((place, key) => {
    if (typeof key === 'number') return `${place}[${key}]`;
    return place === '' ? String(key) : `${place}.${String(key)}`;
  }, '');
}
