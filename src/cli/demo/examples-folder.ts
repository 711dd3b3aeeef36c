import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJobFile } from '../../jobs/job-file.ts';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import type { JobSpec } from '../../jobs/spec.ts';

/** The examples are part of the repository, not of the published package. */
const FOLDER = fileURLToPath(new URL('../../../examples', import.meta.url));
export const EXAMPLES_BUCKET = 'trainyard-examples';

/** Queues and the job of the brief's figures. */
export const FIGURES_FOLDER = join(FOLDER, 'figures');

/** The configuration of the local AWS endpoint that the examples are made for. */
export const EXAMPLES_AWS_CONFIG = join(FOLDER, 'local-aws.yaml');

/** The job file to begin with. */
export const FIRST_EXAMPLE = join(FOLDER, 'jobs', 'success.yaml');

/**
 * The jobs of examples/jobs. Each has the name of its file as its job id.
 * @throws TrainyardError EXAMPLES_MISSING, JOB_INVALID
 */
export function readExamples(): readonly JobSpec[] {
  const folder = join(FOLDER, 'jobs');
  if (!existsSync(folder)) {
    throw new TrainyardError('EXAMPLES_MISSING', `There are no examples in ${folder}.`);
  }
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const path = join(folder, file);
      return parseJobFile(readFileSync(path, 'utf8'), {
        file: path,
        generateJobId: () => basename(file, '.yaml'),
      });
    });
}

/** Puts code and data where the endpoint finds them as s3://trainyard-examples, and removes checkpoints of an earlier run. */
export function stageExamples(s3Dir: string): void {
  const bucket = join(s3Dir, EXAMPLES_BUCKET);
  mkdirSync(bucket, { recursive: true });
  rmSync(join(bucket, 'checkpoints'), { recursive: true, force: true });
  cpSync(join(FOLDER, 'training'), join(bucket, 'code'), { recursive: true });
  cpSync(join(FOLDER, 'data', 'names'), join(bucket, 'names'), { recursive: true });
}
