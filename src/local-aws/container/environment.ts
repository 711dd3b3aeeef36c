import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import type { InstanceSpec, RunSpec } from './host.ts';
import type { InputDataConfig, ResourceConfig } from './layout.ts';
import type { TrainingRequest } from './training-request.ts';

export interface EnvironmentInput {
  readonly run: RunSpec;
  readonly request: TrainingRequest;
  readonly instance: InstanceSpec;
  readonly resourceConfig: ResourceConfig;
  readonly inputDataConfig: InputDataConfig;
  /** What stands for /opt/ml as the process sees it. */
  readonly root: string;
  /** CheckpointConfig.LocalPath as the process sees it. */
  readonly checkpointDir: string;
  /** Loopback address of each host. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Marks every process of this run on this machine. */
  readonly runId: string;
}

/** Found in every process of a run that did not clear its environment; see process-tree.ts. */
export const RUN_ID_VARIABLE = 'TRAINYARD_RUN_ID';

/** Only what a program needs to run at all; nothing else of the endpoint's environment reaches training code. */
export function baseEnvironment(): Record<string, string> {
  const { PATH, HOME, LANG } = process.env;
  return {
    PATH: PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: HOME ?? '/',
    LANG: LANG ?? 'C.UTF-8',
  };
}

/**
 * The whole environment of a training process: the base, what SageMaker sets, what its training toolkit derives
 * (sagemaker-training-toolkit ENVIRONMENT_VARIABLES.md and environment.py#to_env_vars; the names that only version 3 of
 * the SageMaker Python SDK has are there too), and the request's Environment, which wins.
 */
export function trainingEnvironment(input: EnvironmentInput): Record<string, string> {
  const { run, request, instance, addresses, runId } = input;
  const environment: Record<string, string> = {
    ...baseEnvironment(),
    // As in AWS's images, so that log lines and metrics are not held back.
    PYTHONUNBUFFERED: '1',
    TRAINING_JOB_NAME: run.jobName,
    TRAINING_JOB_ARN: run.jobArn,
    SAGEMAKER_JOB_NAME: run.jobName,
    SAGEMAKER_REGION: run.region,
    AWS_REGION: run.region,
    AWS_DEFAULT_REGION: run.region,
    CURRENT_HOST: instance.host,
    // HOME is the endpoint's: without these an SDK would find the keys of whoever started it.
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_CONFIG_FILE: '/dev/null',
    ...toolkitVariables(input),
    TRAINYARD_HOST_ADDRS: JSON.stringify(addresses),
    ...request.Environment,
    [RUN_ID_VARIABLE]: runId,
  };
  return Object.fromEntries(Object.entries(environment).filter(([name, value]) => fits(name, value)));
}

/**
 * Linux runs no program with a variable of 128 KiB. 100 hyperparameters of 2,500 characters make SM_HPS that long; their
 * file has them all.
 */
const fits = (name: string, value: string): boolean => Buffer.byteLength(`${name}=${value}`) < 128 * 1024;

function toolkitVariables(input: EnvironmentInput): Record<string, string> {
  const { run, request, instance, resourceConfig, inputDataConfig, root } = input;
  const hyperparameters = deserialised(request.HyperParameters);
  const own = without(hyperparameters, 'sagemaker_');
  const program = textOf(hyperparameters['sagemaker_program'] ?? null);
  const channelNames = Object.keys(inputDataConfig).sort();
  const channelDirs = Object.fromEntries(
    channelNames.map((name) => [name, posix.join(root, 'input/data', name)]),
  );
  const hosts = [...resourceConfig.hosts].sort();
  const group = resourceConfig.instance_groups.find(
    (each) => each.instance_group_name === resourceConfig.current_group_name,
  );

  const paths = {
    input_dir: posix.join(root, 'input'),
    input_config_dir: posix.join(root, 'input/config'),
    input_data_dir: posix.join(root, 'input/data'),
    model_dir: posix.join(root, 'model'),
    output_dir: posix.join(root, 'output'),
    output_data_dir: posix.join(root, 'output/data'),
    output_intermediate_dir: posix.join(root, 'output/intermediate'),
  };
  const machine = {
    num_cpus: availableParallelism(),
    num_gpus: gpuCount(),
    num_neurons: 0,
  };
  const training = {
    channel_input_dirs: channelDirs,
    current_host: instance.host,
    current_instance_type: instance.instanceType,
    current_instance_group: resourceConfig.current_group_name,
    current_instance_group_hosts: group?.hosts ?? [],
    hosts,
    hyperparameters: own,
    additional_framework_parameters: frameworkParameters(hyperparameters),
    input_data_config: inputDataConfig,
    instance_groups: resourceConfig.instance_groups.map((each) => each.instance_group_name),
    is_hetero: resourceConfig.instance_groups.length > 1,
    is_master: instance.host === hosts[0],
    job_name: run.jobName,
    log_level: hyperparameters['sagemaker_container_log_level'] ?? 20,
    master_addr: hosts[0] ?? instance.host,
    master_hostname: hosts[0] ?? instance.host,
    master_port: 7777,
    module_dir: hyperparameters['sagemaker_submit_directory'] ?? posix.join(root, 'code'),
    module_name: program.replace(/\.py$/, ''),
    network_interface_name: resourceConfig.network_interface_name,
    resource_config: resourceConfig,
    user_entry_point: program,
    ...machine,
    ...paths,
  };

  const variables: Record<string, unknown> = {
    ...paths,
    ...machine,
    output_failure: posix.join(root, 'output/failure'),
    checkpoint_dir: input.checkpointDir,
    hosts,
    host_count: hosts.length,
    current_host: instance.host,
    current_host_rank: hosts.indexOf(instance.host),
    current_instance_type: training.current_instance_type,
    current_instance_group: training.current_instance_group,
    current_instance_group_hosts: training.current_instance_group_hosts,
    instance_groups: training.instance_groups,
    instance_groups_dict: Object.fromEntries(
      resourceConfig.instance_groups.map((each) => [each.instance_group_name, each]),
    ),
    is_hetero: training.is_hetero,
    master_addr: training.master_addr,
    master_port: training.master_port,
    channels: channelNames,
    hps: own,
    framework_params: training.additional_framework_parameters,
    user_entry_point: program,
    module_name: training.module_name,
    module_dir: training.module_dir,
    log_level: training.log_level,
    network_interface_name: training.network_interface_name,
    resource_config: resourceConfig,
    input_data_config: inputDataConfig,
    training_env: training,
    user_args: commandLineArguments(own),
  };
  for (const [name, directory] of Object.entries(channelDirs)) variables[`channel_${name}`] = directory;
  for (const [name, value] of Object.entries(own)) variables[`hp_${name}`] = value;
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => spellings(name, textOf(value))),
  );
}

/** The toolkit keeps a dash of a channel or hyperparameter; version 3 of the SDK makes it an underscore. Both are set. */
function spellings(name: string, text: string): [string, string][] {
  const upper = `SM_${name.toUpperCase()}`;
  const plain = upper.replace(/[^A-Z0-9_]/g, '_');
  return plain === upper
    ? [[upper, text]]
    : [
        [upper, text],
        [plain, text],
      ];
}

/** Hyperparameters arrive as strings; the toolkit reads those that are JSON as what they say. */
function deserialised(hyperparameters: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(hyperparameters).map(([name, text]) => [name, jsonOrText(text)]));
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const without = (values: Readonly<Record<string, unknown>>, prefix: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith(prefix)));

/** Those `sagemaker_…` hyperparameters that are for a framework, not for the toolkit itself (its params.py). */
function frameworkParameters(hyperparameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const toolkit =
    /^sagemaker_(program|submit_directory|enable_cloudwatch_metrics|region|container_log_level|job_name|s3_output)$/;
  return Object.fromEntries(
    Object.entries(hyperparameters).filter(([name]) => name.startsWith('sagemaker_') && !toolkit.test(name)),
  );
}

/** `--name value` for every hyperparameter in the order of names; `-n` for names of one letter. */
function commandLineArguments(hyperparameters: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(hyperparameters)
    .sort()
    .flatMap((name) => [`${name.length > 1 ? '--' : '-'}${name}`, textOf(hyperparameters[name])]);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(sortedKeys(value));
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, sortedKeys(each)]));
}

/** The GPUs that are really here, as the toolkit counts them; not those of the instance type that is played. */
function gpuCount(): number {
  try {
    return readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}
