import { formatProblem, JobInvalidError, type Problem } from '../jobs/job-problem.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobSource } from './job-files.ts';
import { exitCodeOf } from './print/error.ts';
import type { Session } from './session.ts';

/**
 * The jobs of files that were read: all, or with `keepGoing` those that are valid. Warnings are told.
 * @throws JobInvalidError with the problems of all files
 */
export function acceptJobs(
  session: Session,
  sources: readonly JobSource[],
  keepGoing: boolean,
): readonly JobSpec[] {
  const problems = sources.flatMap((source) => source.problems);
  const broken = sources.filter(({ job }) => job === undefined).length;
  if (broken > 0) {
    const error = new JobInvalidError(problems);
    if (!keepGoing) {
      if (sources.length > 1)
        session.say(`${broken} of ${sources.length} files are not valid; nothing was submitted.`);
      throw error;
    }
    tell(session, problems);
    session.exitCode = exitCodeOf(error);
  } else {
    tell(session, problems);
  }
  return sources.flatMap(({ job }) => job ?? []);
}

function tell(session: Session, problems: readonly Problem[]): void {
  for (const problem of problems) session.say(formatProblem(problem));
}
