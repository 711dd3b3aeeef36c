import { oneLine } from './evidence-text.ts';
import { formatPath, type Path, type Problem } from './job-problem.ts';
import type { Json } from './training-request.ts';
import { readYaml } from './yaml-text.ts';

/** A `--set key=value`: the value that replaces what stands at a path, `null` to remove it. */
export interface SetValue {
  readonly path: Path;
  readonly value: Json;
  /** As it was written, for messages. */
  readonly source: string;
}

/**
 * Reads `training.ResourceConfig.InstanceCount=2`: keys separated by dots (`\.` for a dot inside a key), entries of
 * lists by their number from 0 (`placements.0` or `placements[0]`), the value in YAML. Undefined, and a problem more,
 * for anything else.
 */
export function parseSetValue(source: string, problems: Problem[]): SetValue | undefined {
  const refuse = (what: string): SetValue | undefined => {
    const allowed = 'key=value, such as training.ResourceConfig.InstanceCount=2';
    problems.push({ ...refusal(source, what), allowed });
    return undefined;
  };
  const equals = source.indexOf('=');
  if (equals < 1) return refuse('there is no key before an equals sign');
  const path = parsePath(source.slice(0, equals));
  if (path.includes('')) return refuse('a part of the key is empty');
  if (path.includes('__proto__')) return refuse('the key __proto__ is not allowed');
  const text = source.slice(equals + 1);
  if (text.trim() === '') return { path, value: null, source };
  const { value, problems: syntax } = readYaml(text);
  return syntax[0] === undefined
    ? { path, value, source }
    : refuse(`the value is not YAML: ${syntax[0].what}`);
}

/** What messages call a `--set`, in place of a file. */
export function setLabel(source: string): string {
  return `--set ${oneLine(source.length > 80 ? `${source.slice(0, 79)}…` : source)}`;
}

function refusal(source: string, what: string): Problem {
  return { severity: 'error', code: 'JOB_SET_INVALID', path: [], what, file: setLabel(source) };
}

function parsePath(key: string): (string | number)[] {
  return key
    .replace(/\[(\d{1,6})\]/g, '.$1')
    .split(/(?<!\\)\./)
    .map((part) => (/^\d{1,6}$/.test(part) ? Number(part) : part.replaceAll('\\.', '.')));
}

/** The document with the value set; a mapping on the way is made where there is nothing. Adds a problem if it cannot. */
export function applySetValue(root: Json, set: SetValue, problems: Problem[]): Json {
  return withValue(root, set, 0, problems);
}

function withValue(node: Json | undefined, set: SetValue, depth: number, problems: Problem[]): Json {
  const part = set.path[depth];
  if (part === undefined) return set.value;
  const where = depth === 0 ? 'the job' : formatPath(set.path.slice(0, depth));
  const refuse = (what: string): null => {
    problems.push(refusal(set.source, what));
    return null;
  };
  const removes = set.value === null && depth === set.path.length - 1;
  if (isList(node)) {
    if (typeof part !== 'number')
      return refuse(`${where} is a list, and ${JSON.stringify(part)} is no number`);
    if (part > node.length) return refuse(`${where} has ${node.length} entries`);
    const before = node.slice(0, part);
    const after = node.slice(part + 1);
    return removes
      ? [...before, ...after]
      : [...before, withValue(node[part], set, depth + 1, problems), ...after];
  }
  if (node !== undefined && node !== null && typeof node !== 'object')
    return refuse(`${where} is no mapping`);
  const members = new Map(Object.entries(node ?? {}));
  if (removes) members.delete(String(part));
  else members.set(String(part), withValue(members.get(String(part)), set, depth + 1, problems));
  return Object.fromEntries(members);
}

const isList = (node: Json | undefined): node is readonly Json[] => Array.isArray(node);
