// Softmax regression by stochastic gradient descent: in which language is a name written?
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
const seed = hyperparameter('seed', 1);

const training = readNames(channel('train'));
const validation = readNames(channel('validation'));

const CLASSES = LANGUAGES.length;
const checkpoint = newestCheckpoint();
const [weights, bias] = checkpoint?.weights ?? [
  new Float32Array(BUCKETS * CLASSES),
  new Float32Array(CLASSES),
];
const firstEpoch = (checkpoint?.epoch ?? 0) + 1;
console.log(`train:first-epoch=${firstEpoch} rows=${training.length}`);

function probabilities({ buckets }) {
  const logits = Float32Array.from(bias);
  for (const bucket of buckets) {
    for (let k = 0; k < CLASSES; k += 1) logits[k] += weights[bucket * CLASSES + k];
  }
  return softmax(logits);
}

/** One step per row, down the gradient of -log p(label); returns the mean of that loss. */
function trainEpoch(epoch) {
  let loss = 0;
  for (const row of shuffled(training, seededRandom(seed + epoch))) {
    const p = probabilities(row);
    loss -= Math.log(p[row.label]);
    p[row.label] -= 1;
    for (let k = 0; k < CLASSES; k += 1) {
      bias[k] -= learningRate * p[k];
      for (const bucket of row.buckets) weights[bucket * CLASSES + k] -= learningRate * p[k];
    }
  }
  return loss / training.length;
}

for (let epoch = firstEpoch; epoch <= epochs; epoch += 1) {
  const loss = trainEpoch(epoch);
  if (!Number.isFinite(loss))
    throw new Error(`loss is ${loss} at epoch ${epoch}: learning-rate ${learningRate} is too high`);
  saveCheckpoint(epoch, [weights, bias]);
  console.log(
    `train:epoch=${epoch} train:loss=${loss.toFixed(4)} validation:accuracy=${accuracy(validation, probabilities).toFixed(4)}`,
  );
  if (await stopRequested()) {
    console.log(`stopped after epoch ${epoch}; its checkpoint is saved`);
    process.exit(143);
  }
}
console.log(`done: validation:accuracy=${accuracy(validation, probabilities).toFixed(4)}`);
saveModel({ kind: 'softmax', languages: LANGUAGES, buckets: BUCKETS }, [weights, bias]);
