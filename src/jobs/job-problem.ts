import { TrainyardError } from './error-catalogue.ts';

/** Kinds of documents that people write; the codes of their problems begin like this. */
export type DocumentPrefix = 'JOB' | 'QUEUE' | 'SCENARIO';

export type ProblemCode =
  | `${DocumentPrefix}_FILE_UNREADABLE`
  | `${DocumentPrefix}_FILE_SYNTAX`
  | `${DocumentPrefix}_KEY_UNKNOWN`
  | `${DocumentPrefix}_KEY_MISSING`
  | `${DocumentPrefix}_VALUE_INVALID`
  | `${DocumentPrefix}_CONTRADICTION`
  | 'JOB_PLACEMENT_IMPOSSIBLE'
  | 'JOB_SET_INVALID'
  /** Of a set of files, not of one job. */
  | 'DUPLICATE_JOB_ID'
  | 'DUPLICATE_QUEUE';

/** Keys and list indices from the top of the document. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with a job or a queue (`error`), or that its author probably wants to know (`warning`). */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: ProblemCode;
  readonly path: Path;
  /** What is wrong, as the rest of a sentence that begins with the path: `is missing`, `10000 is not allowed`. */
  readonly what: string;
  /** What is allowed, without a full stop. */
  readonly allowed?: string;
  /** What to do, a whole sentence: `Did you mean "retry"?`. */
  readonly hint?: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  readonly column?: number;
}

/**
 * A document that cannot be accepted. The message lists every problem, one a line; `problems` has them as records, and
 * `place` is that of the first.
 */
export class InvalidInputError extends TrainyardError {
  readonly problems: readonly Problem[];

  /** @param problems at least one, warnings included */
  constructor(code: `${DocumentPrefix}_INVALID`, problems: readonly Problem[]) {
    const errors = problems.filter((problem) => problem.severity === 'error');
    const [first] = errors;
    const place = first === undefined ? {} : placeOf(first);
    super(code, errors.map(formatProblem).join('\n'), { place });
    this.problems = problems;
  }
}

/** A job that cannot be accepted. */
export class JobInvalidError extends InvalidInputError {
  /** @param problems at least one, warnings included */
  constructor(problems: readonly Problem[]) {
    super('JOB_INVALID', problems);
  }
}

function placeOf({ file, line, column, path }: Problem): {
  file?: string;
  line?: number;
  column?: number;
  path: string;
} {
  return {
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    path: formatPath(path),
  };
}

/** `job.yaml:5:11: retry.attempts: 0 is not allowed. Allowed: a whole number from 1 to 100.` */
export function formatProblem(problem: Problem): string {
  const { severity, file, line, column, path, what, allowed, hint } = problem;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return [
    place === '' ? '' : `${place}: `,
    severity === 'warning' ? 'warning: ' : '',
    path.length === 0 ? '' : `${formatPath(path)}: `,
    /[.?!]$/.test(what) ? what : `${what}.`,
    allowed === undefined ? '' : ` Allowed: ${allowed}.`,
    hint === undefined ? '' : ` ${hint}`,
  ].join('');
}

/** `training.InputDataConfig[0].ChannelName`; the empty path is the empty string. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const key = /^[\w-]+$/.test(part) ? part : showValue(part);
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}

const SHOWN_LENGTH = 60;

/** A value as it is quoted in a message: JSON, control characters escaped, cut to 60 characters. */
export function showValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return typeof value === 'number' ? String(value) : JSON.stringify(value);
  const cut = value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u2028-\u202e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
