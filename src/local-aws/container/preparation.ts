import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostsFile } from './addresses.ts';
import { downloadChannels } from './channels.ts';
import type { CheckpointSync } from './checkpoints.ts';
import { commandOf } from './command.ts';
import { trainingEnvironment } from './environment.ts';
import type { InstanceSpec, RunSpec } from './host.ts';
import {
  checkLocalPath,
  CONTAINER_ROOT,
  inputDataConfig,
  instanceDirectory,
  layOut,
  resourceConfig,
  runDirectory,
  writeConfig,
} from './layout.ts';
import type { Launch } from './namespace.ts';
import { type RunRecord, writeRunRecord } from './run-record.ts';
import type { S3Folder } from './s3-folder.ts';
import type { TrainingRequest } from './training-request.ts';

/**
 * Everything before the first process: directories, configuration files, channels, existing checkpoints. What an earlier
 * call for the same run left is removed first; so is what earlier incarnations left, whose checkpoints are in S3.
 * @throws ClientError for what the user has to change
 */
export async function prepareRun(
  run: RunSpec,
  request: TrainingRequest,
  s3: S3Folder,
  checkpoints: CheckpointSync | undefined,
  record: Pick<RunRecord, 'namespaces' | 'addresses'>,
): Promise<void> {
  commandOf(request, run.images);
  await removeEarlierRuns(run);
  for (const instance of run.instances) {
    const directory = instanceDirectory(run, request, instance.host);
    checkLocalPath(directory);
    await layOut(directory);
    await writeConfig(directory, {
      hyperparameters: request.HyperParameters,
      resourceconfig: resourceConfig(run, instance),
      inputdataconfig: inputDataConfig(request, run, instance),
    });
  }
  await downloadChannels(request, run, s3, (host) =>
    join(instanceDirectory(run, request, host).ml, 'input/data'),
  );
  await checkpoints?.restore();
  await writeRunRecord(run, { runId: randomUUID(), ...record });
}

async function removeEarlierRuns(run: RunSpec): Promise<void> {
  await mkdir(run.jobDir, { recursive: true });
  const earlier = (await readdir(run.jobDir)).filter((name) => /^run-\d+$/.test(name));
  for (const name of earlier) await rm(join(run.jobDir, name), { recursive: true, force: true });
  await mkdir(runDirectory(run));
}

/** How one instance of a prepared run is started. Writes the hosts file that it is to see. */
export async function launchOf(
  run: RunSpec,
  request: TrainingRequest,
  record: RunRecord,
  instance: InstanceSpec,
): Promise<Launch> {
  const directory = instanceDirectory(run, request, instance.host);
  const { directory: checkpointDirectory, localPath } = directory.checkpoints;
  const isolated = record.namespaces !== 'none';
  const root = isolated ? CONTAINER_ROOT : directory.ml;
  const elsewhere = !localPath.startsWith(`${CONTAINER_ROOT}/`);
  await writeFile(
    directory.hostsFile,
    hostsFile(await readFile('/etc/hosts', 'utf8').catch(() => ''), record.addresses),
  );
  return {
    directory: directory.root,
    mounts: [
      { source: directory.ml, target: CONTAINER_ROOT },
      ...(elsewhere ? [{ source: checkpointDirectory, target: localPath }] : []),
    ],
    hostsFile: directory.hostsFile,
    hostname: instance.host,
    workingDirectory: join(root, 'code'),
    environment: trainingEnvironment({
      run,
      request,
      instance,
      resourceConfig: resourceConfig(run, instance),
      inputDataConfig: inputDataConfig(request, run, instance),
      root,
      checkpointDir: isolated ? localPath : checkpointDirectory,
      addresses: record.addresses,
      runId: record.runId,
    }),
    command: commandOf(request, run.images),
  };
}
