import { userErrorText } from '../../jobs/evidence-text.ts';
import type { AttemptView } from '../../jobs/view.ts';
import { type Evidence, fails, holds, type TrainingEvidence, type Verdict } from './evidence.ts';

/** What one of the examples shows. `check` looks at evidence only: a job that behaved differently fails it. */
export interface Claim {
  readonly shows: string;
  readonly check: (evidence: Evidence) => Verdict;
}

/** Ten languages: who guesses is right one time in ten. A trained model must be far from that. */
const TRAINED_ACCURACY = 0.7;

/** By the name of the job file. */
export const CLAIMS: Readonly<Record<string, Claim>> = {
  success: { shows: 'success', check: completedAtOnce },
  quota: { shows: 'retry after ResourceLimitExceeded', check: retriedAfterQuota },
  fallback: { shows: 'CapacityError, fallback to the next placement', check: fellBack },
  resume: { shows: 'AlgorithmError, retried from its checkpoint', check: resumedAfterAlgorithmError },
  failure: { shows: "failure for good, in the user's own words", check: failedForGood },
  spot: { shows: 'spot interruption', check: survivedInterruption },
  'two-instances': { shows: 'training on two instances', check: trainedOnTwoInstances },
  cancel: { shows: 'cancel', check: wasCancelled },
};

function completedAtOnce(evidence: Evidence): Verdict {
  const [only, ...more] = evidence.trainings;
  if (only === undefined || more.length > 0)
    return fails(`one training job, found ${evidence.trainings.length}`);
  return whenTrained(evidence, only, 'Completed at the first attempt');
}

function retriedAfterQuota(evidence: Evidence): Verdict {
  const refused = evidence.job.attempts.filter(isQuotaRefusal);
  const [first] = refused;
  if (first === undefined) return fails('an attempt that the quota had no room for');
  for (const { trainingJobName } of refused) {
    const answers = evidence.creates.filter(({ name }) => name === trainingJobName).map(({ error }) => error);
    if (answers.length === 0 || answers.some((error) => error !== 'ResourceLimitExceeded')) {
      return fails(`ResourceLimitExceeded as the endpoint's answer to the creation of ${trainingJobName}`);
    }
    if (evidence.trainings.some(({ name }) => name === trainingJobName))
      return fails(`no training job ${trainingJobName}`);
  }
  const last = evidence.trainings.at(-1);
  if (last === undefined || last.createdAt < first.launchedAt)
    return fails('a training job after the refusal');
  const times = refused.length === 1 ? 'once' : `${refused.length} times`;
  return whenTrained(evidence, last, `refused ${times} (“${first.failure?.message ?? ''}”), then Completed`);
}

function isQuotaRefusal({ trainingStatus, failure }: AttemptView): boolean {
  return trainingStatus === 'Refused' && failure?.class === 'quota';
}

function fellBack(evidence: Evidence): Verdict {
  const starved = evidence.trainings.find(
    ({ failureReason }) => failureReason?.startsWith('CapacityError') ?? false,
  );
  if (starved?.status !== 'Failed') return fails('a training job that Failed with CapacityError');
  const last = evidence.trainings.at(-1);
  if (last === undefined || last.instanceType === starved.instanceType) {
    return fails(`a later training job on another instance type than ${starved.instanceType ?? 'that'}`);
  }
  const wanted = evidence.job.placements.map((placement) =>
    placement.kind === 'instances' ? placement.instanceType : '',
  );
  const order = [starved, last].map(({ instanceType = '?' }) => wanted.indexOf(instanceType));
  if (order[0] === -1 || order[1] === -1 || order[0] === undefined || order[0] >= (order[1] ?? -1)) {
    return fails('placements in the order of the job file');
  }
  return whenTrained(
    evidence,
    last,
    `CapacityError on ${starved.instanceType ?? '?'}, Completed on ${last.instanceType ?? '?'}`,
  );
}

function resumedAfterAlgorithmError(evidence: Evidence): Verdict {
  const failed = evidence.trainings.find(isAlgorithmError);
  const last = evidence.trainings.at(-1);
  if (failed === undefined || last === undefined)
    return fails('a training job that Failed with AlgorithmError');
  const [savedEpoch, firstEpoch] = [failed.metrics['train:epoch'], last.metrics['train:first-epoch']];
  if (savedEpoch === undefined || firstEpoch === undefined)
    return fails('the epochs of both training jobs in their metrics');
  if (firstEpoch !== savedEpoch + 1 || firstEpoch <= 1) {
    return fails(`a second run from epoch ${savedEpoch + 1}, found epoch ${firstEpoch}`);
  }
  return whenTrained(
    evidence,
    last,
    `AlgorithmError after epoch ${savedEpoch} (“${userErrorText(failed.failureReason ?? '')}”), next run from epoch ${firstEpoch}`,
  );
}

function failedForGood({ job, trainings, workflow }: Evidence): Verdict {
  if (job.status !== 'FAILED') return fails(`status FAILED, found ${job.status}`);
  if (workflow.status !== 'FAILED') return fails(`a workflow that FAILED, found ${workflow.status}`);
  const last = trainings.at(-1);
  if (last === undefined || !trainings.every(isAlgorithmError))
    return fails('an AlgorithmError in every training job');
  const said = userErrorText(last.failureReason ?? '');
  if (!job.reason.sentence.includes(said)) return fails(`SageMaker's text “${said}” in the job's reason`);
  return holds(`${trainings.length} × AlgorithmError; reason: “${job.reason.sentence}”`);
}

function survivedInterruption(evidence: Evidence): Verdict {
  const [only, ...more] = evidence.trainings;
  if (only === undefined || more.length > 0)
    return fails(`one training job, found ${evidence.trainings.length}`);
  if (!only.spot) return fails('managed spot training');
  const interrupted = only.transitions.indexOf('Interrupted');
  if (interrupted === -1) return fails('a transition to Interrupted');
  if (!only.transitions.slice(0, interrupted).includes('Training'))
    return fails('training before the interruption');
  if (!only.transitions.slice(interrupted).includes('Training'))
    return fails('training again after the interruption');
  const firstEpoch = only.metrics['train:first-epoch'];
  const from = firstEpoch === undefined || firstEpoch <= 1 ? '' : `, went on from epoch ${firstEpoch}`;
  return whenTrained(evidence, only, `${only.transitions.join(' → ')}${from}`);
}

function trainedOnTwoInstances(evidence: Evidence): Verdict {
  const last = evidence.trainings.at(-1);
  if (last?.instanceCount !== 2)
    return fails(`a training job on 2 instances, found ${last?.instanceCount ?? 0}`);
  const members = last.metrics['cluster:instances'];
  if (members !== 2) return fails(`2 instances that summed their gradients, found ${members ?? 0}`);
  return whenTrained(
    evidence,
    last,
    `2 × ${last.instanceType ?? '?'}; the leader heard from ${members} instances`,
  );
}

function wasCancelled({ job, trainings, workflow }: Evidence): Verdict {
  if (job.status !== 'STOPPED' || job.reason.code !== 'CANCELLED') {
    return fails(`status STOPPED, CANCELLED; found ${job.status}, ${job.reason.code}`);
  }
  if (workflow.cancelRequests === 0) return fails("a cancel request in the workflow's history");
  const last = trainings.at(-1);
  if (last?.status !== 'Stopped')
    return fails(`a training job that Stopped, found ${last?.status ?? 'none'}`);
  const trained = last.transitions.indexOf('Training');
  const stopping = last.transitions.indexOf('Stopping');
  if (trained === -1 || stopping < trained) return fails('the transitions Training, then Stopping');
  const epoch = last.metrics['train:epoch'];
  return holds(`${last.transitions.join(' → ')}${epoch === undefined ? '' : ` after epoch ${epoch}`}`);
}

/** The end that all successful examples have in common: Completed, SUCCEEDED, and a model that has learned. */
function whenTrained({ job, workflow }: Evidence, training: TrainingEvidence, because: string): Verdict {
  if (training.status !== 'Completed') return fails(`${training.name} Completed, found ${training.status}`);
  if (job.status !== 'SUCCEEDED') return fails(`status SUCCEEDED, found ${job.status}`);
  if (workflow.status !== 'COMPLETED') return fails(`a workflow that COMPLETED, found ${workflow.status}`);
  const accuracy = training.metrics['validation:accuracy'];
  if (accuracy === undefined) return fails('validation:accuracy among the final metrics');
  if (accuracy < TRAINED_ACCURACY)
    return fails(`validation:accuracy of ${TRAINED_ACCURACY} or more, found ${accuracy}`);
  if (training.modelUri === undefined) return fails('a model');
  return holds(because);
}

function isAlgorithmError({ status, failureReason }: TrainingEvidence): boolean {
  return status === 'Failed' && (failureReason?.startsWith('AlgorithmError') ?? false);
}
