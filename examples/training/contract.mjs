// What SageMaker promises to a training container, through the training toolkit's SM_* variables where they are set and
// through /opt/ml otherwise: https://docs.aws.amazon.com/sagemaker/latest/dg/amazon-sagemaker-toolkits.html
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const env = process.env;
const configDir = env.SM_INPUT_CONFIG_DIR ?? '/opt/ml/input/config';
const outputDir = env.SM_OUTPUT_DIR ?? '/opt/ml/output';
const modelDir = env.SM_MODEL_DIR ?? '/opt/ml/model';
const checkpointDir = env.SM_CHECKPOINT_DIR ?? '/opt/ml/checkpoints';
const KEPT_CHECKPOINTS = 2;

const hyperparameters = JSON.parse(
  env.SM_HPS ?? readFileSync(join(configDir, 'hyperparameters.json'), 'utf8'),
);

/** A number among the hyperparameters. SageMaker hands every value over as text. */
export function hyperparameter(name, fallback) {
  const text = hyperparameters[name];
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isFinite(value))
    throw new Error(`hyperparameter ${name} must be a number, got ${JSON.stringify(text)}`);
  return value;
}

/** The folder of an input channel. */
export function channel(name) {
  return env[`SM_CHANNEL_${name.toUpperCase()}`] ?? join('/opt/ml/input/data', name);
}

/** Where an instance of this job listens. On SageMaker its name is enough; a local endpoint may have to say the address. */
export function addressOf(host) {
  return JSON.parse(env.TRAINYARD_HOST_ADDRS ?? '{}')[host] ?? host;
}

/** The instances of this job by name, algo-1 first, and which of them this one is. */
export function instances() {
  if (env.SM_HOSTS !== undefined) return { hosts: JSON.parse(env.SM_HOSTS), current: env.SM_CURRENT_HOST };
  const config = JSON.parse(readFileSync(join(configDir, 'resourceconfig.json'), 'utf8'));
  return { hosts: config.hosts, current: config.current_host };
}

/** True from the moment SageMaker asks the container to stop (a cancel, a time limit, spot capacity taken away). */
let asked = false;
process.once('SIGTERM', () => {
  asked = true;
});

/** Lets a pending SIGTERM in, and says whether there was one. To be called between epochs. */
export async function stopRequested() {
  await new Promise((resolve) => setImmediate(resolve));
  return asked;
}

/** The newest checkpoint as `{ epoch, weights }`, or undefined in a first run. SageMaker copied them in before the start. */
export function newestCheckpoint() {
  const newest = checkpoints().at(-1);
  if (newest === undefined) return undefined;
  const { epoch, weights } = JSON.parse(readFileSync(join(checkpointDir, newest), 'utf8'));
  return { epoch, weights: weights.map(decode) };
}

/** Saves the state after `epoch`; SageMaker copies the folder to S3. A half-written file never has the final name. */
export function saveCheckpoint(epoch, weights) {
  mkdirSync(checkpointDir, { recursive: true });
  const path = join(checkpointDir, `epoch-${String(epoch).padStart(6, '0')}.json`);
  writeFileSync(`${path}.part`, JSON.stringify({ epoch, weights: weights.map(encode) }));
  renameSync(`${path}.part`, path);
  for (const old of checkpoints().slice(0, -KEPT_CHECKPOINTS)) rmSync(join(checkpointDir, old));
}

/** What SageMaker packs into model.tar.gz. */
export function saveModel(description, weights) {
  mkdirSync(modelDir, { recursive: true });
  writeFileSync(
    join(modelDir, 'model.json'),
    JSON.stringify({ ...description, weights: weights.map(encode) }),
  );
}

// The failure file becomes the training job's FailureReason.
process.on('uncaughtException', (error) => {
  console.error(error);
  mkdirSync(outputDir, { recursive: true });
  writeFileSync(join(outputDir, 'failure'), error.message);
  process.exit(1);
});

function checkpoints() {
  mkdirSync(checkpointDir, { recursive: true });
  return readdirSync(checkpointDir)
    .filter((name) => /^epoch-\d+\.json$/.test(name))
    .sort();
}

function encode(floats) {
  return Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength).toString('base64');
}

function decode(base64) {
  return new Float32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer);
}
