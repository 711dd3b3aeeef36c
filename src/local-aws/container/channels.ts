import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { z } from 'zod';
import type { InstanceSpec, RunSpec } from './host.ts';
import { byKey, joinKey, parseS3Uri, type S3Folder, type S3Object } from './s3-folder.ts';
import { type Channel, ClientError, type S3DataSource, type TrainingRequest } from './training-request.ts';

/** One object of a channel and the path that it gets below `/opt/ml/input/data/<channel>`. */
export interface ChannelFile extends S3Object {
  readonly as: string;
}

const MANIFEST_BYTES = 64 * 1024 * 1024;
const manifest = z.array(z.union([z.string(), z.object({ prefix: z.string() })]));

/**
 * The objects of a channel, in key order.
 *
 * S3Prefix names every key that begins with it (`s3://b/train` means train/…, train.csv and training-2/…); a file keeps
 * its name and what follows the prefix's last slash, or the whole prefix when that is a folder. A manifest names keys
 * relative to its prefix (S3DataSource in the API reference).
 * @throws ClientError with SageMaker's text when there are none or one is missing
 */
async function channelFiles(
  s3: S3Folder,
  source: S3DataSource,
  run: Pick<RunSpec, 'region'>,
  roleArn: string,
): Promise<readonly ChannelFile[]> {
  switch (source.S3DataType) {
    case 'S3Prefix':
      return prefixFiles(s3, source.S3Uri, run.region, roleArn);
    case 'ManifestFile':
      return manifestFiles(s3, source.S3Uri);
    default:
      throw new ClientError(
        `Data download failed:S3DataType ${source.S3DataType} is not available on the local endpoint; use S3Prefix or ManifestFile.`,
      );
  }
}

async function prefixFiles(
  s3: S3Folder,
  uri: string,
  region: string,
  roleArn: string,
): Promise<readonly ChannelFile[]> {
  const { bucket, key: prefix } = parseS3Uri(uri);
  const objects = await s3.list(bucket, prefix);
  if (objects.length === 0) {
    throw new ClientError(
      `Data download failed:No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the ` +
        `bucket exists in the selected region (${region}), that objects exist under that S3 prefix, and that the role ` +
        `"${roleArn}" has "s3:ListBucket" permissions on bucket "${bucket}".`,
    );
  }
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const parent = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  return objects.map((object) => ({
    ...object,
    as: object.key.slice(object.key.startsWith(folder) ? folder.length : parent.length),
  }));
}

async function manifestFiles(s3: S3Folder, uri: string): Promise<readonly ChannelFile[]> {
  const place = parseS3Uri(uri);
  const object = await s3.get(place.bucket, place.key);
  if (object === undefined) throw missing(uri);
  if (object.size > MANIFEST_BYTES) {
    throw new ClientError(`Data download failed:The manifest ${uri} is larger than ${MANIFEST_BYTES} bytes.`);
  }
  const entries = manifest.safeParse(parseJson(await readFile(object.path, 'utf8')));
  if (!entries.success) {
    throw new ClientError(
      `Data download failed:The manifest ${uri} is not a JSON array of {"prefix": "s3://bucket/folder/"} and relative keys.`,
    );
  }
  const files: ChannelFile[] = [];
  let base: ReturnType<typeof parseS3Uri> | undefined;
  for (const entry of entries.data) {
    if (typeof entry !== 'string') {
      base = parseS3Uri(entry.prefix);
      continue;
    }
    if (base === undefined) {
      throw new ClientError(`Data download failed:The manifest ${uri} names "${entry}" before any prefix.`);
    }
    const shown = `s3://${base.bucket}/${base.key}${entry}`;
    const found = await s3.get(base.bucket, base.key + entry);
    if (found === undefined) throw missing(shown);
    files.push({ ...found, as: joinKey(entry) });
  }
  return files.sort(byKey);
}

const missing = (uri: string): ClientError =>
  new ClientError(
    `Data download failed:Unable to download object ${uri} (NoSuchKey: The specified key does not exist.)`,
  );

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The instances that a channel is for: all, or those of its instance groups. */
export function channelInstances(channel: Channel, instances: RunSpec['instances']): readonly InstanceSpec[] {
  const groups = channel.DataSource.S3DataSource?.InstanceGroupNames ?? [];
  if (groups.length === 0) return instances;
  return instances.filter(
    ({ instanceGroupName }) => instanceGroupName !== undefined && groups.includes(instanceGroupName),
  );
}

/**
 * What each instance gets: everything (FullyReplicated), or every m-th object in key order (ShardedByS3Key), so that m
 * instances get as equal a number as possible and no object twice.
 */
function shareOut(
  files: readonly ChannelFile[],
  distribution: string | undefined,
  instances: readonly InstanceSpec[],
): ReadonlyMap<string, readonly ChannelFile[]> {
  return new Map(
    instances.map(({ host }, index) => [
      host,
      distribution === 'ShardedByS3Key'
        ? files.filter((_, position) => position % instances.length === index)
        : files,
    ]),
  );
}

/**
 * Copies every channel into the data directory of every instance.
 * @throws ClientError "Data download failed:…"
 */
export async function downloadChannels(
  request: TrainingRequest,
  run: RunSpec,
  s3: S3Folder,
  dataDir: (host: string) => string,
): Promise<void> {
  for (const channel of request.InputDataConfig) {
    const source = channel.DataSource.S3DataSource;
    if (source === undefined) {
      throw new ClientError(
        `Data download failed:Channel "${channel.ChannelName}" has no S3DataSource; the local endpoint reads channels from S3 only.`,
      );
    }
    const mode = channel.InputMode ?? request.AlgorithmSpecification.TrainingInputMode;
    if (mode === 'Pipe') {
      throw new ClientError(
        `Data download failed:Pipe mode is not available on the local endpoint; use File or FastFile for channel "${channel.ChannelName}".`,
      );
    }
    const files = await channelFiles(s3, source, run, request.RoleArn);
    const instances = channelInstances(channel, run.instances);
    const shares = shareOut(files, source.S3DataDistributionType, instances);
    for (const [host, share] of shares) await download(share, join(dataDir(host), channel.ChannelName));
  }
}

async function download(files: readonly ChannelFile[], directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const file of files) {
    const target = join(directory, posix.normalize(`/${file.as}`));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(file.path, target, constants.COPYFILE_FICLONE);
    const { mode } = await stat(target);
    await chmod(target, (mode & 0o777) | 0o600);
  }
}
