import { oneLine } from './evidence-text.ts';
import { formatPath, type Path, type Problem, showValue } from './job-problem.ts';
import { wantedAt } from './schema-place.ts';
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
 * lists by their number from 0 (`placements.0` or `placements[0]`), the value in YAML. Where a job wants text, such as
 * in HyperParameters, the value is taken as it is written, so `lr=0.1` is the text 0.1; only quotes around it are YAML.
 * Undefined, and a problem more, for anything else.
 */
export function parseSetValue(source: string, problems: Problem[]): SetValue | undefined {
  const refuse = (what: string): SetValue | undefined => {
    const allowed = 'key=value, such as training.ResourceConfig.InstanceCount=2';
    problems.push(refusal(source, what, allowed));
    return undefined;
  };
  const equals = source.indexOf('=');
  if (equals < 1) return refuse('there is no key before an equals sign');
  const path = parsePath(source.slice(0, equals));
  if (path.includes('')) return refuse('a part of the key is empty');
  if (path.includes('__proto__')) return refuse('the key __proto__ is not allowed');
  const text = source.slice(equals + 1).trim();
  if (text === '' || text === 'null') return { path, value: null, source };
  if (wantedAt(path) === 'text' && !/^["']/.test(text)) return { path, value: text, source };
  const { value, problems: syntax } = readYaml(text);
  const [problem] = syntax;
  if (problem === undefined) return { path, value, source };
  const what = `the value is not YAML: ${problem.what}`;
  problems.push(refusal(source, what, problem.allowed ?? 'a value in YAML or JSON', problem.hint));
  return undefined;
}

/** What messages call a `--set`, in place of a file. */
export function setLabel(source: string): string {
  return `--set ${oneLine(source.length > 80 ? `${source.slice(0, 79)}…` : source)}`;
}

function refusal(source: string, what: string, allowed: string, hint?: string): Problem {
  const about = { severity: 'error', code: 'JOB_SET_INVALID', path: [], file: setLabel(source) } as const;
  return { ...about, what, allowed, ...(hint === undefined ? {} : { hint }) };
}

function parsePath(key: string): (string | number)[] {
  return key
    .replace(/\[(\d{1,6})\]/g, '.$1')
    .split(/(?<!\\)\./)
    .map((part) => (/^\d{1,6}$/.test(part) ? Number(part) : part.replaceAll('\\.', '.')));
}

/**
 * The document with the value set; where there is nothing on the way, a mapping or list is made, whichever a job wants
 * there. Adds a problem if it cannot.
 */
export function applySetValue(root: Json, set: SetValue, problems: Problem[]): Json {
  return withValue(root, set, 0, problems);
}

function withValue(found: Json | undefined, set: SetValue, depth: number, problems: Problem[]): Json {
  const part = set.path[depth];
  if (part === undefined) return set.value;
  const where = depth === 0 ? 'the job' : formatPath(set.path.slice(0, depth));
  const node = found ?? (wantedAt(set.path.slice(0, depth)) === 'list' ? [] : undefined);
  const refuse = (what: string, allowed: string): null => {
    const hint = isList(node) ? `To set the whole list: --set '${where}=[...]'.` : undefined;
    problems.push(refusal(set.source, what, allowed, hint));
    return null;
  };
  const removes = set.value === null && depth === set.path.length - 1;
  if (isList(node)) {
    if (typeof part !== 'number')
      return refuse(`${where} is a list, and ${JSON.stringify(part)} is no number`, entries(node.length));
    if (part > node.length)
      return refuse(`${where} has ${node.length} entries, none at ${part}`, entries(node.length));
    const before = node.slice(0, part);
    const after = node.slice(part + 1);
    return removes
      ? [...before, ...after]
      : [...before, withValue(node[part], set, depth + 1, problems), ...after];
  }
  if (node !== undefined && typeof node !== 'object')
    return refuse(`${where} is ${showValue(node)}, which has no keys`, `a value for ${where} itself`);
  const members = new Map(Object.entries(node ?? {}));
  if (removes) members.delete(String(part));
  else members.set(String(part), withValue(members.get(String(part)), set, depth + 1, problems));
  return Object.fromEntries(members);
}

const entries = (count: number): string =>
  count === 0 ? 'entry 0, which adds one' : `an entry from 0 to ${count}, where ${count} adds one`;

const isList = (node: Json | undefined): node is readonly Json[] => Array.isArray(node);
