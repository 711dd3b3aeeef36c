import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { InstanceSpec, RunSpec } from '../../src/local-aws/container/host.ts';

/** A data directory of its own, with a folder that stands for S3, and runs to start in it. */
export interface TrainingGround {
  readonly directory: string;
  readonly s3Dir: string;
  /** Puts objects into S3: `{ 's3://bucket/key': content }`. */
  put(objects: Readonly<Record<string, string>>): Promise<void>;
  /** Content of an object, undefined if there is none. */
  get(uri: string): Promise<string | undefined>;
  /** Keys of a bucket in order. */
  keys(bucket: string): Promise<readonly string[]>;
  /** A run of one `sh -c` script; `request` replaces members of the CreateTrainingJob request. */
  run(script: string, options?: RunOptions): RunSpec;
  logOf(run: RunSpec, host?: string): Promise<string>;
  remove(): Promise<void>;
}

export interface RunOptions {
  readonly name?: string;
  readonly incarnation?: number;
  readonly instances?: number | readonly [InstanceSpec, ...InstanceSpec[]];
  readonly images?: RunSpec['images'];
  readonly command?: readonly string[];
  readonly request?: Readonly<Record<string, unknown>>;
}

const pathOf = (uri: string): string => uri.replace(/^s3:\/\//, '');

export async function aTrainingGround(parent = tmpdir()): Promise<TrainingGround> {
  const directory = await mkdtemp(join(parent, 'trainyard-run-'));
  const s3Dir = join(directory, 's3');
  await mkdir(s3Dir);
  let count = 0;
  return {
    directory,
    s3Dir,
    async put(objects) {
      for (const [uri, content] of Object.entries(objects)) {
        const path = join(s3Dir, pathOf(uri));
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }
    },
    get: (uri) => readFile(join(s3Dir, pathOf(uri)), 'utf8').catch(() => undefined),
    async keys(bucket) {
      const root = join(s3Dir, bucket);
      const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .sort();
    },
    run(script, options = {}) {
      const name = options.name ?? `job-${++count}`;
      const command = options.command ?? ['sh', '-c', script];
      return {
        jobName: name,
        jobArn: `arn:aws:sagemaker:us-east-1:111122223333:training-job/${name}`,
        region: 'us-east-1',
        incarnation: options.incarnation ?? 1,
        jobDir: join(directory, 'jobs', name),
        s3Dir,
        instances: instancesOf(options.instances ?? 1),
        images: options.images ?? [],
        request: {
          TrainingJobName: name,
          RoleArn: 'arn:aws:iam::111122223333:role/training',
          AlgorithmSpecification: {
            TrainingInputMode: 'File',
            TrainingImage: 'image',
            ContainerEntrypoint: command,
          },
          OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
          ...options.request,
        },
      };
    },
    logOf: (run, host = 'algo-1') => readFile(join(run.jobDir, 'logs', `${host}.log`), 'utf8'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

function instancesOf(instances: number | readonly [InstanceSpec, ...InstanceSpec[]]): RunSpec['instances'] {
  if (typeof instances !== 'number') return instances;
  const [first, ...others] = Array.from({ length: instances }, (_, index) => anInstance(index + 1));
  return [first ?? anInstance(1), ...others];
}

const anInstance = (number: number): InstanceSpec => ({
  host: `algo-${number}`,
  instanceType: 'ml.m5.large',
});
