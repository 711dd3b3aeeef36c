import { type DocumentPrefix, type Path, type Problem, showValue } from './job-problem.ts';
import type { Json } from './training-request.ts';

/** A job is a page or two of settings; anything beyond these bounds is a mistake or an attack. */
export const JOB_BOUNDS = { characters: 262_144, depth: 32, values: 20_000 } as const;

/** What a value should be, for messages, and how much of it there may be. */
export interface JsonKind {
  readonly prefix: DocumentPrefix;
  /** `job` */
  readonly noun: string;
  readonly bounds: { readonly characters: number; readonly depth: number; readonly values: number };
}

const JOB: JsonKind = { prefix: 'JOB', noun: 'job', bounds: JOB_BOUNDS };

interface Budget {
  readonly kind: JsonKind;
  values: number;
  characters: number;
}

/**
 * A copy of a value as plain JSON, in which members that are undefined are left out. Adds a problem for everything that
 * is not JSON (functions, dates, cycles, numbers that JSON cannot hold exactly) and for values beyond the bounds.
 */
export function toJson(value: unknown, problems: Problem[], kind: JsonKind = JOB): Json {
  const { bounds } = kind;
  const budget: Budget = { kind, values: bounds.values, characters: bounds.characters };
  const json = copy(value, [], budget, problems);
  if (budget.values < 0)
    problems.push(tooMuch(kind, `holds more than ${bounds.values} values`, bounds.values));
  else if (budget.characters < 0)
    problems.push(tooMuch(kind, `is longer than ${bounds.characters} characters`, bounds.characters));
  return json;
}

const tooMuch = ({ prefix, noun }: JsonKind, what: string, most: number): Problem => ({
  severity: 'error',
  code: `${prefix}_VALUE_INVALID`,
  path: [],
  what: `the ${noun} ${what}`,
  allowed: `at most ${most}`,
});

function copy(value: unknown, path: Path, budget: Budget, problems: Problem[]): Json {
  budget.values -= 1;
  if (budget.values < 0 || budget.characters < 0) return null;
  switch (typeof value) {
    case 'string':
      budget.characters -= value.length;
      return value;
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) return refuse(budget, path, showValue(value), 'a finite number', problems);
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        return refuse(
          budget,
          path,
          showValue(value),
          `a whole number below ${Number.MAX_SAFE_INTEGER}, or text in quotes`,
          problems,
        );
      }
      return value;
    case 'object':
      if (value === null) return null;
      if (path.length >= budget.kind.bounds.depth) {
        return refuse(
          budget,
          path,
          'what is nested here',
          `at most ${budget.kind.bounds.depth} levels, no cycles`,
          problems,
        );
      }
      return Array.isArray(value)
        ? value.map((item: unknown, index) => copy(item, [...path, index], budget, problems))
        : copyMapping(value, path, budget, problems);
    case 'undefined':
    case 'function':
    case 'symbol':
    case 'bigint':
      return refuse(budget, path, `a value of type ${typeof value}`, 'what JSON can hold', problems);
  }
}

function copyMapping(value: object, path: Path, budget: Budget, problems: Problem[]): Json {
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm (a workflow's sandbox) has another Object.prototype, itself without a prototype.
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!plain) return refuse(budget, path, `an object of a class`, 'what JSON can hold', problems);
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    if (budget.values < 0 || budget.characters < 0) break;
    budget.characters -= key.length;
    if (key === '__proto__') refuse(budget, [...path, key], 'the key __proto__', 'any other key', problems);
    else members.push([key, copy(member, [...path, key], budget, problems)]);
  }
  return Object.fromEntries(members);
}

function refuse({ kind }: Budget, path: Path, what: string, allowed: string, problems: Problem[]): null {
  problems.push({
    severity: 'error',
    code: `${kind.prefix}_VALUE_INVALID`,
    path,
    what: `${what} is not allowed`,
    allowed,
  });
  return null;
}
