// Softmax regression on several instances: each one holds a part of the rows (ShardedByS3Key), and after every batch the
// gradients of all instances are averaged, so that all keep the same weights.
import { setTimeout as sleep } from 'node:timers/promises';
import { joinCluster } from './allreduce.mjs';
import {
  channel,
  hyperparameter,
  newestCheckpoint,
  saveCheckpoint,
  saveModel,
  stopRequested,
} from './contract.mjs';
import { accuracy, BUCKETS, LANGUAGES, readNames, seededRandom, shuffled, softmax } from './names.mjs';

const epochs = hyperparameter('epochs', 20);
const learningRate = hyperparameter('learning-rate', 1);
const batchSize = hyperparameter('batch-size', 32);
const seed = hyperparameter('seed', 1);
/** Uses so many rows only, and takes at least so long over an epoch: a small job that behaves like a long one. */
const mostRows = hyperparameter('rows', 1e9);
const epochSeconds = hyperparameter('epoch-seconds', 0);

const training = readNames(channel('train')).slice(0, mostRows);
const validation = readNames(channel('validation'));
const cluster = await joinCluster();

// One vector holds all weights and, at its end, the biases. The leader's state is everyone's: the others add zeros.
const CLASSES = LANGUAGES.length;
const BIAS = BUCKETS * CLASSES;
const checkpoint = cluster.isLeader ? newestCheckpoint() : undefined;
const weights = await cluster.sum(checkpoint?.weights[0] ?? new Float32Array(BIAS + CLASSES));
const [members, epochBefore, rows] = await cluster.sum(
  Float32Array.of(1, checkpoint?.epoch ?? 0, training.length),
);
const batches = Math.ceil(rows / members / batchSize);
const report = cluster.isLeader ? console.log : () => {};
console.log(`train:first-epoch=${epochBefore + 1} rows=${training.length} of ${rows}`);
report(`cluster:instances=${members}`);

function probabilities({ buckets }) {
  const logits = weights.slice(BIAS);
  for (const bucket of buckets) {
    for (let k = 0; k < CLASSES; k += 1) logits[k] += weights[bucket * CLASSES + k];
  }
  return softmax(logits);
}

/** The summed gradient of a batch and, as the last two numbers, its summed loss and its number of rows. */
function gradientOf(batch) {
  const gradient = new Float32Array(weights.length + 2);
  for (const row of batch) {
    const p = probabilities(row);
    gradient[weights.length] -= Math.log(p[row.label]);
    gradient[weights.length + 1] += 1;
    p[row.label] -= 1;
    for (let k = 0; k < CLASSES; k += 1) {
      gradient[BIAS + k] += p[k];
      for (const bucket of row.buckets) gradient[bucket * CLASSES + k] += p[k];
    }
  }
  return gradient;
}

async function trainEpoch(epoch) {
  const order = shuffled(training, seededRandom(seed + epoch));
  let loss = 0;
  for (let batch = 0; batch < batches; batch += 1) {
    const sum = await cluster.sum(gradientOf(order.slice(batch * batchSize, (batch + 1) * batchSize)));
    const [batchLoss, batchRows] = sum.subarray(weights.length);
    loss += batchLoss;
    for (let i = 0; i < weights.length; i += 1)
      weights[i] -= (learningRate * sum[i]) / Math.max(1, batchRows);
  }
  return loss / rows;
}

for (let epoch = epochBefore + 1; epoch <= epochs; epoch += 1) {
  const paced = sleep(epochSeconds * 1000);
  const loss = await trainEpoch(epoch);
  if (!Number.isFinite(loss))
    throw new Error(`loss is ${loss} at epoch ${epoch}: learning-rate ${learningRate} is too high`);
  if (cluster.isLeader) saveCheckpoint(epoch, [weights]);
  report(
    `train:epoch=${epoch} train:loss=${loss.toFixed(4)} validation:accuracy=${accuracy(validation, probabilities).toFixed(4)}`,
  );
  await paced;
  // All instances are told to stop, but not at the same moment: they must agree on the epoch.
  const [stopping] = await cluster.sum(Float32Array.of((await stopRequested()) ? 1 : 0));
  if (stopping > 0) {
    console.log(`stopped after epoch ${epoch}; its checkpoint is saved`);
    process.exit(143);
  }
}
report(`done: validation:accuracy=${accuracy(validation, probabilities).toFixed(4)}`);
if (cluster.isLeader) saveModel({ kind: 'softmax', languages: LANGUAGES, buckets: BUCKETS }, [weights]);
cluster.leave();
