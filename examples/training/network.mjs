// A small neural network by stochastic gradient descent: letter groups -> 48 hidden units (ReLU) -> languages.
// With `fail-at-epoch` it has a bug, for the sake of the demonstration: see below.
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
const learningRate = hyperparameter('learning-rate', 0.05);
const failAtEpoch = hyperparameter('fail-at-epoch', 0);
const seed = hyperparameter('seed', 1);

const training = readNames(channel('train'));
const validation = readNames(channel('validation'));

const HIDDEN = 48;
const CLASSES = LANGUAGES.length;
const checkpoint = newestCheckpoint();
const [groups, output] = checkpoint?.weights ?? [
  randomWeights(BUCKETS * HIDDEN, 1 / HIDDEN),
  randomWeights(HIDDEN * CLASSES, 1 / Math.sqrt(HIDDEN)),
];
const firstEpoch = (checkpoint?.epoch ?? 0) + 1;
console.log(`train:first-epoch=${firstEpoch} rows=${training.length}`);

function randomWeights(length, scale) {
  const random = seededRandom(seed);
  return Float32Array.from({ length }, () => (random() * 2 - 1) * scale);
}

/** The hidden units: the sum of the vectors of the name's letter groups, scaled, without its negative part. */
function hiddenOf({ buckets }) {
  const hidden = new Float32Array(HIDDEN);
  for (const bucket of buckets) {
    for (let h = 0; h < HIDDEN; h += 1) hidden[h] += groups[bucket * HIDDEN + h];
  }
  return hidden.map((sum) => Math.max(0, sum / Math.sqrt(buckets.length)));
}

function outputOf(hidden) {
  const logits = new Float32Array(CLASSES);
  for (let h = 0; h < HIDDEN; h += 1) {
    for (let k = 0; k < CLASSES; k += 1) logits[k] += hidden[h] * output[h * CLASSES + k];
  }
  return softmax(logits);
}

/** One step per row, by back-propagation of -log p(label); returns the mean of that loss. */
function trainEpoch(epoch) {
  let loss = 0;
  for (const row of shuffled(training, seededRandom(seed + epoch))) {
    const hidden = hiddenOf(row);
    const p = outputOf(hidden);
    loss -= Math.log(p[row.label]);
    p[row.label] -= 1;
    const scale = learningRate / Math.sqrt(row.buckets.length);
    for (let h = 0; h < HIDDEN; h += 1) {
      if (hidden[h] === 0) continue;
      let gradient = 0;
      for (let k = 0; k < CLASSES; k += 1) {
        gradient += p[k] * output[h * CLASSES + k];
        output[h * CLASSES + k] -= learningRate * p[k] * hidden[h];
      }
      for (const bucket of row.buckets) groups[bucket * HIDDEN + h] -= scale * gradient;
    }
  }
  return loss / training.length;
}

for (let epoch = firstEpoch; epoch <= epochs; epoch += 1) {
  // The kind of bug that a second run gets past: only a run that started from nothing meets it.
  if (epoch === failAtEpoch && checkpoint === undefined)
    throw new Error(`fail-at-epoch: this run breaks off in epoch ${epoch}`);
  const loss = trainEpoch(epoch);
  if (!Number.isFinite(loss))
    throw new Error(`loss is ${loss} at epoch ${epoch}: learning-rate ${learningRate} is too high`);
  saveCheckpoint(epoch, [groups, output]);
  const right = accuracy(validation, (row) => outputOf(hiddenOf(row)));
  console.log(`train:epoch=${epoch} train:loss=${loss.toFixed(4)} validation:accuracy=${right.toFixed(4)}`);
  if (await stopRequested()) {
    console.log(`stopped after epoch ${epoch}; its checkpoint is saved`);
    process.exit(143);
  }
}
console.log(`done: validation:accuracy=${accuracy(validation, (row) => outputOf(hiddenOf(row))).toFixed(4)}`);
saveModel({ kind: 'network', languages: LANGUAGES, buckets: BUCKETS, hidden: HIDDEN }, [groups, output]);
