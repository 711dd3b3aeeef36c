import type { z } from 'zod';
import { type DocumentPrefix, type Path, type Problem, showValue } from './job-problem.ts';
import { nearest } from './nearest.ts';
import { namedKeys } from './schema-parts.ts';
import type { Json } from './training-request.ts';
import { OTHER_TRAINING_MEMBERS, trainingSchema } from './training-schema.ts';

const TRAINING_MEMBERS = [...namedKeys(trainingSchema().shape), ...OTHER_TRAINING_MEMBERS];

type Issue = z.core.$ZodIssue;

/** Zod's issues about a value as problems, each with the value, what is allowed (schema-parts.ts) and a guess. */
export function schemaProblems(
  issues: readonly Issue[],
  root: Json,
  prefix: DocumentPrefix = 'JOB',
): Problem[] {
  const problems = issues.flatMap((issue) => problemsOf(issue, [], { root, prefix }));
  const seen = new Set<string>();
  // A text that is too long often breaks its pattern too.
  return problems.filter((problem) => {
    const key = JSON.stringify([problem.path, problem.allowed, problem.hint]);
    return seen.size < seen.add(key).size;
  });
}

interface Document {
  readonly root: Json;
  readonly prefix: DocumentPrefix;
}

function problemsOf(issue: Issue, base: Path, document: Document): Problem[] {
  const { root, prefix } = document;
  const path: Path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const value = valueAt(root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], issue.message.split(', '), prefix));
    case 'invalid_union': {
      const branch = closestBranch(issue.errors);
      return branch.length === 0 || typeof value !== 'object' || value === null || Array.isArray(value)
        ? [invalid(path, value, issue.message, prefix)]
        : branch.flatMap((inner) => problemsOf(inner, path, document));
    }
    case 'invalid_key':
      return [
        {
          ...invalid(path, path.at(-1), issue.issues[0]?.message ?? issue.message, prefix),
          what: 'this key is not allowed',
        },
      ];
    case 'invalid_value':
      if (value === undefined) return [missing(path, issue.message, prefix)];
      return [invalid(path, value, issue.message, prefix, issue.values.map(String))];
    case 'invalid_type':
      if (issue.expected === 'never')
        return [{ ...invalid(path, value, issue.message, prefix), code: `${prefix}_KEY_UNKNOWN` }];
      return [
        value === undefined
          ? missing(path, issue.message, prefix)
          : mistyped(path, value, issue.expected, issue.message, prefix),
      ];
    case 'too_big':
    case 'too_small':
      return [
        Array.isArray(value)
          ? countProblem(path, value.length, issue.message, prefix)
          : invalid(path, value, issue.message, prefix),
      ];
    default:
      return [invalid(path, value, issue.message, prefix)];
  }
}

/** Of the alternatives of a union, the one that fits best is the one that was meant. */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const weight = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return branches.reduce(
    (best, branch) => (weight(branch) < weight(best) ? branch : best),
    branches[0] ?? [],
  );
}

export function unknownKey(path: Path, known: readonly string[], prefix: DocumentPrefix = 'JOB'): Problem {
  const key = String(path.at(-1));
  const meant = nearest(key, known);
  return {
    severity: 'error',
    code: `${prefix}_KEY_UNKNOWN`,
    path,
    what: 'unknown key',
    allowed: known.some((name) => name !== '') ? known.join(', ') : 'no keys, only {}',
    ...hintFor(path, key, meant, prefix),
  };
}

function hintFor(
  path: Path,
  key: string,
  meant: string | undefined,
  prefix: DocumentPrefix,
): Pick<Problem, 'hint'> {
  if (prefix === 'JOB' && path.length === 1 && TRAINING_MEMBERS.includes(key))
    return { hint: 'It belongs into the training section.' };
  return meant === undefined ? {} : { hint: `Did you mean "${meant}"?` };
}

function missing(path: Path, allowed: string, prefix: DocumentPrefix): Problem {
  return { severity: 'error', code: `${prefix}_KEY_MISSING`, path, what: 'is missing', allowed };
}

function invalid(
  path: Path,
  value: unknown,
  allowed: string,
  prefix: DocumentPrefix,
  known: readonly string[] = [],
): Problem {
  const meant = typeof value === 'string' ? nearest(value, known) : undefined;
  return {
    severity: 'error',
    code: `${prefix}_VALUE_INVALID`,
    path,
    what: value === null ? 'has no value' : `${showValue(value)} is not allowed`,
    allowed,
    ...(meant === undefined ? {} : { hint: `Did you mean "${meant}"?` }),
  };
}

function mistyped(
  path: Path,
  value: Json,
  expected: string,
  allowed: string,
  prefix: DocumentPrefix,
): Problem {
  const problem = invalid(path, value, allowed, prefix);
  const hint = typeHint(value, expected, prefix);
  return hint === undefined ? problem : { ...problem, hint };
}

function typeHint(value: Json, expected: string, prefix: DocumentPrefix): string | undefined {
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    const who = prefix === 'JOB' ? 'SageMaker takes text here: write' : 'Write';
    return `${who} "${value}" in quotes.`;
  }
  if (
    (expected === 'number' || expected === 'int') &&
    typeof value === 'string' &&
    /^-?\d+(\.\d+)?$/.test(value)
  ) {
    return `Write ${value} without quotes.`;
  }
  if (expected === 'boolean' && typeof value === 'string' && /^(yes|no|on|off|true|false)$/i.test(value)) {
    return `Write ${/^(yes|on|true)$/i.test(value) ? 'true' : 'false'} without quotes.`;
  }
  return undefined;
}

function countProblem(path: Path, count: number, allowed: string, prefix: DocumentPrefix): Problem {
  return {
    severity: 'error',
    code: `${prefix}_VALUE_INVALID`,
    path,
    what: `${count} entries are not allowed`,
    allowed,
  };
}

export function valueAt(root: Json | undefined, path: Path): Json | undefined {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (!Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string | number, Json>>)[part];
  }
  return value;
}
