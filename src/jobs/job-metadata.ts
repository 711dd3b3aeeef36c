import { describePlacement } from './placement.ts';
import type { JobSpec } from './spec.ts';

/* What a job's workflow is started with for people to read: by the client, and by a queue for its children. */

/** Bytes that the docs allow for a summary (the server's own limit is 400 of its encoded form). */
const SUMMARY_BYTES = 200;

/** One line for lists: `train pytorch-training:2.3 on 2 × ml.p4d.24xlarge · ana@example.com`. */
export function staticSummary(job: JobSpec): string {
  const what = scriptOf(job) ?? imageOf(job) ?? 'a model';
  const who = job.user === undefined ? '' : ` · ${job.user}`;
  return shorten(`train ${what} on ${describePlacement(job.placements[0])}${who}`, SUMMARY_BYTES);
}

/** What was asked for, in the Markdown of the Temporal Web UI; how it goes is the workflow's to tell. */
export function staticDetails(job: JobSpec): string {
  const image = imageOf(job);
  const { CheckpointConfig: checkpoints, OutputDataConfig: output } = job.training;
  return [
    `Job **${job.jobId}**${job.user === undefined ? '' : ` of ${escape(job.user)}`}, priority ${job.priority}`,
    '',
    ...(image === undefined ? [] : [`- image: ${code(image)}`]),
    `- placements, in order: ${job.placements.map(describePlacement).join(', then ')}`,
    `- model goes to ${code(output.S3OutputPath)}`,
    ...(checkpoints === undefined ? [] : [`- checkpoints in ${code(checkpoints.S3Uri)}`]),
    `- algorithm errors: ${job.retry.attempts} attempt${job.retry.attempts === 1 ? '' : 's'} allowed; capacity never counts`,
    ...(job.notify === undefined
      ? []
      : [`- notifies ${code(job.notify.topicArn)} on ${job.notify.on.join(', ')}`]),
    '',
    `On the command line: ${code(`trainyard show ${job.jobId}`)}, ${code(`trainyard cancel ${job.jobId}`)}`,
  ].join('\n');
}

/** The last part of an image name: what is before it (account, registry, region) says nothing about the training. */
function imageOf(job: JobSpec): string | undefined {
  const algorithm = memberOf(job.training['AlgorithmSpecification'], 'TrainingImage');
  const name = algorithm ?? memberOf(job.training['AlgorithmSpecification'], 'AlgorithmName');
  return name?.split('/').at(-1);
}

/** The script that runs: the SageMaker training toolkit's hyperparameter, or the first file in the container's command. */
function scriptOf(job: JobSpec): string | undefined {
  const program = memberOf(job.training['HyperParameters'], 'sagemaker_program');
  if (program !== undefined) return program.replace(/^"|"$/g, '');
  const algorithm = job.training['AlgorithmSpecification'];
  const words = [...listOf(algorithm, 'ContainerEntrypoint'), ...listOf(algorithm, 'ContainerArguments')];
  return words
    .find((word) => /^[^\s-][^\s]*\.(?:py|sh|js|mjs|ts|R|jl)$/.test(word))
    ?.split('/')
    .at(-1);
}

function memberOf(value: unknown, name: string): string | undefined {
  const member = propertyOf(value, name);
  return typeof member === 'string' && member !== '' ? member : undefined;
}

function listOf(value: unknown, name: string): readonly string[] {
  const member = propertyOf(value, name);
  return Array.isArray(member) ? member.filter((item): item is string => typeof item === 'string') : [];
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

const code = (text: string): string => `\`${text.replace(/`/g, "'")}\``;
const escape = (text: string): string => text.replace(/[*_`[\]<>\\]/g, '\\$&');

/** Cuts between characters, so that the UTF-8 form fits. */
function shorten(text: string, bytes: number): string {
  const ellipsis = '…';
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += utf8Bytes(character);
    if (used > bytes) return kept + ellipsis;
    if (used <= bytes - utf8Bytes(ellipsis)) kept += character;
  }
  return text;
}

/** Of one character. */
function utf8Bytes(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}
