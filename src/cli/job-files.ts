import { generateJobId } from '../client/job-id.ts';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { checkJobFile } from '../jobs/job-file.ts';
import { JobInvalidError, type Problem } from '../jobs/job-problem.ts';
import { parseSetValue } from '../jobs/set-values.ts';
import type { JobSpec } from '../jobs/spec.ts';
import { expandFiles } from './glob-files.ts';
import { readText } from './read-text.ts';
import type { Terminal } from './terminal.ts';

/** What one file holds: a job, or what is wrong with it. */
export interface JobSource {
  /** As it was named; `<stdin>` for standard input. */
  readonly file: string;
  /** Absent when a problem is an error. */
  readonly job?: JobSpec;
  readonly problems: readonly Problem[];
}

/**
 * Reads and checks all files before anything is done with one. The same id in two files is a problem of the later one.
 * @throws TrainyardError USAGE without any file, FILE_UNREADABLE; JobInvalidError for a malformed `--set`
 */
export async function readJobs(
  words: readonly string[],
  set: readonly string[],
  { stdin, cwd }: Pick<Terminal, 'stdin' | 'cwd'>,
): Promise<readonly JobSource[]> {
  if (words.length === 0) {
    throw new TrainyardError('USAGE', 'No job file is named.', {
      hint: 'Name one with --file, or - for standard input.',
    });
  }
  refuseMalformed(set);
  const sources: JobSource[] = [];
  for (const file of expandFiles(words, cwd)) {
    const text = await readText(file, { stdin, cwd });
    sources.push({
      file: file === '-' ? '<stdin>' : file,
      ...checkJobFile(text, { file, set, generateJobId }),
    });
  }
  return withUniqueIds(sources);
}

/** A malformed --set would be wrong in every file; it is told once. */
function refuseMalformed(set: readonly string[]): void {
  const problems: Problem[] = [];
  for (const source of set) parseSetValue(source, problems);
  if (problems.length > 0) throw new JobInvalidError(problems);
}

function withUniqueIds(sources: readonly JobSource[]): readonly JobSource[] {
  const owners = new Map<string, string>();
  return sources.map((source) => {
    if (source.job === undefined) return source;
    const { jobId } = source.job;
    const owner = owners.get(jobId);
    if (owner === undefined) {
      owners.set(jobId, source.file);
      return source;
    }
    const problem: Problem = {
      severity: 'error',
      code: 'DUPLICATE_JOB_ID',
      path: ['jobId'],
      what: `${jobId} is also the id of ${owner}`,
      hint: 'Give each job its own jobId, or leave it out to get fresh ones.',
      file: source.file,
    };
    return { file: source.file, problems: [...source.problems, problem] };
  });
}
