import { type Path, type Problem, showValue } from '../jobs/job-problem.ts';
import { nearest } from '../jobs/nearest.ts';

export function scenarioProblem(
  code: 'FILE_UNREADABLE' | 'FILE_SYNTAX' | 'KEY_UNKNOWN' | 'KEY_MISSING' | 'VALUE_INVALID' | 'CONTRADICTION',
  path: Path,
  what: string,
  details: Pick<Problem, 'allowed' | 'hint' | 'file' | 'line'> = {},
): Problem {
  return { severity: 'error', code: `SCENARIO_${code}`, path, what, ...details };
}

/** The scenario names something that its queue does not have: which one was probably meant. */
export function unknownName(path: Path, kind: string, name: string, known: readonly string[]): Problem {
  return scenarioProblem('CONTRADICTION', path, `the queue has no ${kind} ${showValue(name)}`, {
    allowed: known.slice(0, 20).join(', '),
    ...hintAt(name, known),
  });
}

/** Which of the known words was probably meant. */
export function hintAt(word: string, known: readonly string[]): Pick<Problem, 'hint'> {
  const meant = nearest(word, known);
  return meant === undefined ? {} : { hint: `Did you mean "${meant}"?` };
}
