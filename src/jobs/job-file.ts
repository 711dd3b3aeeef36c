import { type CheckedJob, checkJob, type ResolveContext } from './job-schema.ts';
import { JobInvalidError, type Path, type Problem } from './job-problem.ts';
import { applySetValue, parseSetValue, setLabel, type SetValue } from './set-values.ts';
import type { JobSpec } from './spec.ts';
import type { Json } from './training-request.ts';
import { valueAt } from './schema-problems.ts';
import { readYaml, type YamlText } from './yaml-text.ts';

export interface JobFileOptions extends ResolveContext {
  /** What messages call the file; `-` is shown as `<stdin>`. */
  readonly file: string;
  /** `key=value` each, applied in order before the job is checked. */
  readonly set?: readonly string[];
}

/**
 * The job in the text of a job file (YAML or JSON).
 * @throws JobInvalidError (a TrainyardError, code JOB_INVALID) with every problem, each with its line and column
 */
export function parseJobFile(text: string, options: JobFileOptions): JobSpec {
  const { job, problems } = checkJobFile(text, options);
  if (job === undefined) throw new JobInvalidError(problems);
  return job;
}

/** As parseJobFile, but with the warnings, and without throwing. Problems come in the order of the file. */
export function checkJobFile(text: string, { file, set = [], generateJobId }: JobFileOptions): CheckedJob {
  const name = file === '-' ? '<stdin>' : file;
  const yaml = readYaml(text);
  if (yaml.problems.length > 0)
    return { problems: yaml.problems.map((problem) => ({ ...problem, file: name })) };
  const problems: Problem[] = [];
  const sets = set.flatMap((source) => parseSetValue(source, problems) ?? []);
  const value = sets.reduce((before, one) => applySetValue(before, one, problems), yaml.value);
  if (problems.length > 0) return { problems };
  const checked = checkJob(value, { generateJobId });
  return {
    ...checked,
    problems: inOrder(checked.problems.map((problem) => located(problem, name, yaml, sets))),
  };
}

function located(problem: Problem, file: string, yaml: YamlText, sets: readonly SetValue[]): Problem {
  const made = firstAbsent(problem.path, yaml.value);
  const set = sets.findLast(
    ({ path }) => beginsWith(problem.path, path) || (made !== undefined && beginsWith(path, made)),
  );
  if (set !== undefined) return { ...problem, file: setLabel(set.source) };
  const part = problem.code === 'JOB_KEY_UNKNOWN' ? 'key' : 'value';
  return { ...problem, file, ...yaml.position(problem.path, part) };
}

/** The outermost part of a path that the file does not have: what is wrong inside of it, a `--set` brought about. */
function firstAbsent(path: Path, file: Json): Path | undefined {
  const length = path.findIndex((_, index) => valueAt(file, path.slice(0, index + 1)) === undefined);
  return length === -1 ? undefined : path.slice(0, length + 1);
}

function beginsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((part, index) => String(part) === String(path[index]));
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
