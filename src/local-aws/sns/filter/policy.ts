import { type Condition, holds, type Scalar } from './condition.ts';
import { FilterPolicyError, isObject, parseCondition } from './parse-condition.ts';

export const FILTER_SCOPES = ['MessageAttributes', 'MessageBody'] as const;
export type FilterScope = (typeof FILTER_SCOPES)[number];

/** Conditions by path; a path is the keys that lead to a value, joined with dots. */
type Alternative = ReadonlyMap<string, readonly Condition[]>;

/** A filter policy, as alternatives of which one must hold; `$or` makes several. */
export type FilterPolicy = readonly Alternative[];

const MAX_KEYS = 5;
/** docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html */
const MAX_COMBINATIONS = 150;
const MAX_DEPTH = 64;

/**
 * Reads a filter policy. AWS flattens policies and bodies, so that `{"a.b": [...]}` and `{"a": {"b": [...]}}` are the
 * same; each key is judged on its own, also below arrays of objects.
 * @throws FilterPolicyError
 */
export function parseFilterPolicy(text: string, scope: FilterScope): FilterPolicy {
  const policy = parseJson(text);
  if (!isObject(policy)) throw new FilterPolicyError('Filter is not an object');
  if (Object.keys(policy).length > MAX_KEYS) {
    throw new FilterPolicyError(`Filter policy can not have more than ${MAX_KEYS} keys`);
  }
  if (combinationsOf(policy, 1, 1) > MAX_COMBINATIONS)
    throw new FilterPolicyError('Filter policy is too complex');
  return alternativesOf(policy, '', scope, [new Map()]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FilterPolicyError(
      `failed to parse JSON. ${error instanceof Error ? error.message : ''}`.trim(),
    );
  }
}

/**
 * The product, over all keys, of the number of values times the depth of the key; the branches of `$or` add up.
 * Also checks the shape, since it walks first.
 */
function combinationsOf(policy: Readonly<Record<string, unknown>>, depth: number, before: number): number {
  if (depth > MAX_DEPTH) throw new FilterPolicyError('Filter policy is too complex');
  let combinations = before;
  for (const [key, value] of Object.entries(policy)) {
    if (isObject(value)) {
      combinations = combinationsOf(value, depth + 1, combinations);
    } else if (!Array.isArray(value)) {
      throw new FilterPolicyError(`"${key}" must be an object or an array`);
    } else if (value.length === 0) {
      throw new FilterPolicyError('Empty arrays are not allowed');
    } else {
      const branches = branchesOf(key, value);
      combinations =
        branches === undefined
          ? combinations * value.length * depth
          : branches.reduce((sum, branch) => sum + combinationsOf(branch, depth, combinations), 0);
    }
  }
  return combinations;
}

function alternativesOf(
  policy: Readonly<Record<string, unknown>>,
  path: string,
  scope: FilterScope,
  before: FilterPolicy,
): FilterPolicy {
  let alternatives = before;
  for (const [key, value] of Object.entries(policy)) {
    const here = path === '' ? key : `${path}.${key}`;
    if (isObject(value)) {
      if (scope === 'MessageAttributes') throw nestingRefused();
      alternatives = alternativesOf(value, here, scope, alternatives);
      continue;
    }
    const rules: readonly unknown[] = Array.isArray(value) ? value : [];
    const branches = branchesOf(key, rules);
    if (branches === undefined) {
      const conditions = rules.map(parseCondition);
      alternatives = alternatives.map((alternative) => new Map([...alternative, [here, conditions]]));
    } else {
      const soFar = alternatives;
      alternatives = branches.flatMap((branch) => alternativesOf(branch, path, scope, soFar));
    }
  }
  return alternatives;
}

/** AWS names the scope without the `FilterPolicy:` that other complaints begin with. */
export class NestedPolicyError extends FilterPolicyError {}

function nestingRefused(): NestedPolicyError {
  return new NestedPolicyError('Filter policy scope MessageAttributes does not support nested filter policy');
}

/** `$or` is the operator only over at least two objects; anything else is a key of that name. */
function branchesOf(
  key: string,
  value: readonly unknown[],
): readonly Readonly<Record<string, unknown>>[] | undefined {
  return key === '$or' && value.length > 1 && value.every(isObject) ? value : undefined;
}

/** Values of a message, by path. */
export type Values = ReadonlyMap<string, readonly Scalar[]>;

export function policyHolds(policy: FilterPolicy, values: Values): boolean {
  return policy.some((alternative) =>
    [...alternative].every(([path, conditions]) =>
      conditions.some((condition) => holds(condition, values.get(path) ?? [])),
    ),
  );
}

/** Every path that the policy asks for. */
export function pathsOf(policy: FilterPolicy): ReadonlySet<string> {
  return new Set(policy.flatMap((alternative) => [...alternative.keys()]));
}
