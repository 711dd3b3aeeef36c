import { type Path, type Problem, showValue } from './job-problem.ts';
import type { Json } from './training-request.ts';

/** A job is a page or two of settings; anything beyond these bounds is a mistake or an attack. */
export const JOB_BOUNDS = { characters: 262_144, depth: 32, values: 20_000 } as const;

interface Budget {
  values: number;
  characters: number;
}

/**
 * A copy of a value as plain JSON, in which members that are undefined are left out. Adds a problem for everything that
 * is not JSON (functions, dates, cycles, numbers that JSON cannot hold exactly) and for values beyond JOB_BOUNDS.
 */
export function toJson(value: unknown, problems: Problem[]): Json {
  const budget: Budget = { values: JOB_BOUNDS.values, characters: JOB_BOUNDS.characters };
  const json = copy(value, [], budget, problems);
  if (budget.values < 0)
    problems.push(tooMuch(`holds more than ${JOB_BOUNDS.values} values`, JOB_BOUNDS.values));
  else if (budget.characters < 0)
    problems.push(tooMuch(`is longer than ${JOB_BOUNDS.characters} characters`, JOB_BOUNDS.characters));
  return json;
}

const tooMuch = (what: string, most: number): Problem => ({
  severity: 'error',
  code: 'JOB_VALUE_INVALID',
  path: [],
  what: `the job ${what}`,
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
      if (!Number.isFinite(value)) return refuse(path, showValue(value), 'a finite number', problems);
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        return refuse(
          path,
          showValue(value),
          `a whole number below ${Number.MAX_SAFE_INTEGER}, or text in quotes`,
          problems,
        );
      }
      return value;
    case 'object':
      if (value === null) return null;
      if (path.length >= JOB_BOUNDS.depth) {
        return refuse(path, 'what is nested here', `at most ${JOB_BOUNDS.depth} levels, no cycles`, problems);
      }
      return Array.isArray(value)
        ? value.map((item: unknown, index) => copy(item, [...path, index], budget, problems))
        : copyMapping(value, path, budget, problems);
    case 'undefined':
    case 'function':
    case 'symbol':
    case 'bigint':
      return refuse(path, `a value of type ${typeof value}`, 'what JSON can hold', problems);
  }
}

function copyMapping(value: object, path: Path, budget: Budget, problems: Problem[]): Json {
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm (a workflow's sandbox) has another Object.prototype, itself without a prototype.
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!plain) return refuse(path, `an object of a class`, 'what JSON can hold', problems);
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    if (budget.values < 0 || budget.characters < 0) break;
    budget.characters -= key.length;
    if (key === '__proto__') refuse([...path, key], 'the key __proto__', 'any other key', problems);
    else members.push([key, copy(member, [...path, key], budget, problems)]);
  }
  return Object.fromEntries(members);
}

function refuse(path: Path, what: string, allowed: string, problems: Problem[]): null {
  problems.push({
    severity: 'error',
    code: 'JOB_VALUE_INVALID',
    path,
    what: `${what} is not allowed`,
    allowed,
  });
  return null;
}
