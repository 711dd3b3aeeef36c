import type { Path, Problem, ProblemCode } from './job-problem.ts';
import { valueAt } from './schema-problems.ts';
import type { Json } from './training-request.ts';

/**
 * Reads members of a job as it was written. Members of a wrong type read as absent: the schema complains about them, and
 * the rules that span members still find everything else, so that all problems come at once.
 */
export interface Reader {
  given(path: Path): boolean;
  number(path: Path): number | undefined;
  isTrue(path: Path): boolean;
  list(path: Path): readonly Json[];
}

export function reader(job: Json): Reader {
  return {
    given: (path) => valueAt(job, path) !== undefined,
    number: (path) => {
      const value = valueAt(job, path);
      return typeof value === 'number' ? value : undefined;
    },
    isTrue: (path) => valueAt(job, path) === true,
    list: (path) => {
      const value = valueAt(job, path);
      return Array.isArray(value) ? (value as readonly Json[]) : [];
    },
  };
}

export type Details = Pick<Problem, 'allowed' | 'hint'>;

export const problem = (code: ProblemCode, path: Path, what: string, details: Details = {}): Problem => ({
  severity: 'error',
  code,
  path,
  what,
  ...details,
});
export const contradiction = (path: Path, what: string, details: Details = {}): Problem =>
  problem('JOB_CONTRADICTION', path, what, details);
export const warning = (path: Path, what: string): Problem => ({
  ...contradiction(path, what),
  severity: 'warning',
});
