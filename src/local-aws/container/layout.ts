import { mkdir, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join, posix, resolve } from 'node:path';
import type { InstanceSpec, RunSpec } from './host.ts';
import { channelInstances } from './channels.ts';
import { ClientError, type TrainingRequest } from './training-request.ts';

/** Where the training process finds its files: `/opt/ml` inside a mount namespace, else the directory itself. */
export const CONTAINER_ROOT = '/opt/ml';

/** The directories of one instance on this machine. Everything of a run can be found again from its RunSpec. */
export interface InstanceDirectory {
  readonly root: string;
  /** What the process sees as /opt/ml. */
  readonly ml: string;
  /** The generated /etc/hosts. */
  readonly hostsFile: string;
  /** What is bound to CheckpointConfig.LocalPath, and where it is for the process. */
  readonly checkpoints: { readonly directory: string; readonly localPath: string };
  readonly log: string;
}

export const runDirectory = ({ jobDir, incarnation }: Pick<RunSpec, 'jobDir' | 'incarnation'>): string =>
  join(resolve(jobDir), `run-${incarnation}`);

export function instanceDirectory(run: RunSpec, request: TrainingRequest, host: string): InstanceDirectory {
  const root = join(runDirectory(run), host);
  const ml = join(root, 'ml');
  const localPath = posix
    .normalize(request.CheckpointConfig?.LocalPath ?? `${CONTAINER_ROOT}/checkpoints`)
    .replace(/\/+$/, '');
  const below = localPath.startsWith(`${CONTAINER_ROOT}/`)
    ? localPath.slice(CONTAINER_ROOT.length + 1)
    : undefined;
  const directory = below === undefined ? join(root, 'checkpoints') : join(ml, below);
  return {
    root,
    ml,
    hostsFile: join(root, 'hosts'),
    checkpoints: { directory, localPath },
    log: join(resolve(run.jobDir), 'logs', `${host}.log`),
  };
}

/** @throws ClientError for a checkpoint path that would hide the container's own directories */
export function checkLocalPath({ checkpoints: { localPath } }: InstanceDirectory): void {
  const reserved = ['', '/opt', CONTAINER_ROOT, '/proc', '/sys', '/dev', '/etc', '/usr', '/bin', '/lib'];
  const input = localPath === `${CONTAINER_ROOT}/input` || localPath.startsWith(`${CONTAINER_ROOT}/input/`);
  if (!localPath.startsWith('/') || reserved.includes(localPath) || input) {
    throw new ClientError(
      `CheckpointConfig.LocalPath "${localPath === '' ? '/' : localPath}" cannot hold checkpoints; ` +
        'use an absolute path of its own, such as /opt/ml/checkpoints.',
    );
  }
}

const SUBDIRECTORIES = ['input/config', 'input/data', 'model', 'output/data', 'code'];

/** Makes the directories of one instance, empty, as SageMaker lays out /opt/ml. */
export async function layOut(directory: InstanceDirectory): Promise<void> {
  await rm(directory.root, { recursive: true, force: true });
  for (const name of SUBDIRECTORIES) await mkdir(join(directory.ml, name), { recursive: true });
  await mkdir(directory.checkpoints.directory, { recursive: true });
}

export interface ResourceConfig {
  readonly current_host: string;
  readonly current_instance_type: string;
  readonly current_group_name: string;
  readonly hosts: readonly string[];
  readonly instance_groups: readonly {
    readonly instance_group_name: string;
    readonly instance_type: string;
    readonly hosts: readonly string[];
  }[];
  readonly network_interface_name: string;
}

/** Of a job without instance groups, as SageMaker names it. */
const ONLY_GROUP = 'homogeneousCluster';

export function resourceConfig(run: RunSpec, current: InstanceSpec): ResourceConfig {
  const groups = new Map<string, { instance_group_name: string; instance_type: string; hosts: string[] }>();
  for (const { host, instanceType, instanceGroupName = ONLY_GROUP } of run.instances) {
    const group = groups.get(instanceGroupName) ?? {
      instance_group_name: instanceGroupName,
      instance_type: instanceType,
      hosts: [],
    };
    group.hosts.push(host);
    groups.set(instanceGroupName, group);
  }
  return {
    current_host: current.host,
    current_instance_type: current.instanceType,
    current_group_name: current.instanceGroupName ?? ONLY_GROUP,
    hosts: run.instances.map(({ host }) => host),
    instance_groups: [...groups.values()],
    network_interface_name: networkInterfaceName(),
  };
}

/** SageMaker says eth0; a framework that binds to the name needs one that exists here. */
function networkInterfaceName(): string {
  const names = Object.keys(networkInterfaces());
  return names.includes('eth0') ? 'eth0' : (names.find((name) => /^lo\d*$/.test(name)) ?? 'lo');
}

export type InputDataConfig = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function inputDataConfig(
  request: TrainingRequest,
  run: RunSpec,
  current: InstanceSpec,
): InputDataConfig {
  const channels = request.InputDataConfig.filter((channel) =>
    channelInstances(channel, run.instances).includes(current),
  );
  return Object.fromEntries(
    channels.map((channel) => [
      channel.ChannelName,
      {
        ...(channel.ContentType === undefined ? {} : { ContentType: channel.ContentType }),
        TrainingInputMode: channel.InputMode ?? request.AlgorithmSpecification.TrainingInputMode,
        S3DistributionType: channel.DataSource.S3DataSource?.S3DataDistributionType ?? 'FullyReplicated',
        RecordWrapperType: channel.RecordWrapperType ?? 'None',
      },
    ]),
  );
}

/** The three files of /opt/ml/input/config. */
export async function writeConfig(
  directory: InstanceDirectory,
  files: {
    readonly hyperparameters: Readonly<Record<string, string>>;
    readonly resourceconfig: ResourceConfig;
    readonly inputdataconfig: InputDataConfig;
  },
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory.ml, 'input/config', `${name}.json`), JSON.stringify(content));
  }
}
