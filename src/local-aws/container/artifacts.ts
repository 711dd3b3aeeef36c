import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { create } from 'tar';
import { joinKey, parseS3Uri, type S3Folder, type S3Place } from './s3-folder.ts';
import type { TrainingRequest } from './training-request.ts';

/** One of the two directories that SageMaker uploads at the end. */
export interface Artifact {
  readonly name: 'model' | 'output';
  /** The directory of each instance, the first instance first: of two files of one name it is the earlier that stays. */
  readonly directories: readonly string[];
  readonly whenEmpty: 'upload' | 'skip';
}

/**
 * Uploads a directory to `<S3OutputPath>/<job>/output/`: `<name>.tar.gz`, or with CompressionType NONE its files below
 * `model/` or `data/`. The directories of all instances become one, as with SageMaker.
 * @param workDirectory for temporary files; it is emptied
 * @returns the S3 URI, undefined if there was nothing to upload
 */
export async function uploadArtifact(
  artifact: Artifact,
  request: TrainingRequest,
  jobName: string,
  s3: S3Folder,
  workDirectory: string,
): Promise<string | undefined> {
  const output = parseS3Uri(request.OutputDataConfig.S3OutputPath);
  const place: S3Place = { bucket: output.bucket, key: joinKey(output.key, jobName, 'output') };
  await rm(workDirectory, { recursive: true, force: true });
  await mkdir(workDirectory, { recursive: true });
  try {
    const directory = await merged(artifact.directories, join(workDirectory, 'merged'));
    const entries = (await readdir(directory)).sort();
    if (entries.length === 0 && artifact.whenEmpty === 'skip') return undefined;
    return request.OutputDataConfig.CompressionType === 'NONE'
      ? await uploadFiles(
          directory,
          { ...place, key: joinKey(place.key, artifact.name === 'output' ? 'data' : 'model') },
          s3,
        )
      : await uploadArchive(directory, entries, artifact.name, place, s3, workDirectory);
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}

async function merged(directories: readonly string[], target: string): Promise<string> {
  const [only, ...others] = directories;
  if (only !== undefined && others.length === 0) return only;
  await mkdir(target, { recursive: true });
  for (const directory of directories) {
    await cp(directory, target, {
      recursive: true,
      force: false,
      errorOnExist: false,
      verbatimSymlinks: true,
    });
  }
  return target;
}

async function uploadArchive(
  directory: string,
  entries: readonly string[],
  name: string,
  place: S3Place,
  s3: S3Folder,
  workDirectory: string,
): Promise<string> {
  const file = join(workDirectory, `${name}.tar.gz`);
  // A name that begins with @ would mean the content of an archive to tar.
  const names =
    entries.length === 0 ? ['.'] : entries.map((entry) => (entry.startsWith('@') ? `./${entry}` : entry));
  await create({ file, cwd: directory, gzip: true, portable: true }, names);
  const key = joinKey(place.key, `${name}.tar.gz`);
  await s3.put(place.bucket, key, file);
  return `s3://${place.bucket}/${key}`;
}

async function uploadFiles(directory: string, place: S3Place, s3: S3Folder): Promise<string> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await s3.put(place.bucket, joinKey(place.key, relative(directory, path)), path);
  }
  return `s3://${place.bucket}/${place.key}/`;
}
