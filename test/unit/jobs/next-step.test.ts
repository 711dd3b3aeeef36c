import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURE_CLASSES, type Failure, type FailureClass } from '../../../src/jobs/failure.ts';
import {
  INITIAL_RETRY_STATE,
  type NextStep,
  nextStep,
  type RetryState,
} from '../../../src/jobs/next-step.ts';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import { jobSpec } from './builders.ts';

const NOW = Date.UTC(2026, 10, 20, 12);

const fails = (failureClass: FailureClass, more: Partial<Failure> = {}): Failure => ({
  class: failureClass,
  message: `${failureClass} text`,
  ...more,
});

interface Told {
  readonly failure: Failure;
  /** Whether the attempt had instances. (Default: what is usual for the class) */
  readonly hadInstances?: boolean;
}

/** Runs a job through failures, with the longest waits; the steps that it took. */
function story(spec: JobSpec, ...failures: readonly (Failure | Told)[]): NextStep[] {
  const steps: NextStep[] = [];
  let state: RetryState = INITIAL_RETRY_STATE;
  for (const told of failures) {
    const {
      failure,
      hadInstances = !['capacity', 'quota', 'transient', 'request'].includes(failure.class),
    }: Told = 'failure' in told ? told : { failure: told };
    const step = nextStep(
      { failure, hadInstances, trainingJobName: 'ty-rank-lr-1' },
      state,
      spec,
      NOW,
      1 - Number.EPSILON,
    );
    steps.push(step);
    state = step.state;
  }
  return steps;
}

/** `launch 1`, `wait 60s 0`, `give back for quota`, `FAILED REASON`. */
function brief(step: NextStep): string {
  switch (step.kind) {
    case 'launch':
      return `launch ${step.placementIndex}`;
    case 'wait':
      return `wait ${(step.untilMs - NOW) / 1000}s ${step.placementIndex}`;
    case 'giveBack':
      return `give back for ${step.why}`;
    case 'end':
      return `${step.status} ${step.reason.code}`;
  }
}

const capacity = fails('capacity');
const quota = fails('quota');
const notHere = fails('quota', { permanent: true, message: 'not available in this region' });
const algorithm = fails('algorithm', { message: 'ValueError: loss is NaN' });
const internal = fails('internal');

const cases: Record<string, { failures: (Failure | Told)[]; spec?: Partial<JobSpec>; want: string[] }> = {
  'no capacity: every placement at once, then a wait and from the preferred one again': {
    failures: [capacity, quota, capacity, capacity],
    want: ['launch 1', 'launch 2', 'wait 60s 0', 'launch 1'],
  },
  'no capacity round after round: the wait doubles up to its maximum': {
    spec: { placements: [jobSpec().placements[0]] },
    failures: Array.from({ length: 8 }, () => capacity),
    want: [60, 120, 240, 480, 960, 1800, 1800, 1800].map((seconds) => `wait ${seconds}s 0`),
  },
  'capacity never consumes an attempt': {
    spec: { placements: [jobSpec().placements[0]] },
    failures: [...Array.from({ length: 6 }, () => capacity), algorithm],
    want: [60, 120, 240, 480, 960, 1800, 10].map((seconds) => `wait ${seconds}s 0`),
  },
  'a run that had instances ends the backoff for capacity': {
    spec: { placements: [jobSpec().placements[0]] },
    failures: [capacity, capacity, internal, capacity],
    want: ['wait 60s 0', 'wait 120s 0', 'wait 10s 0', 'wait 60s 0'],
  },
  'spot capacity lost after it had run starts a new round': {
    failures: [capacity, capacity, { failure: capacity, hadInstances: true }, capacity],
    want: ['launch 1', 'launch 2', 'launch 0', 'launch 1'],
  },
  'a failed run is repeated where it had found instances': {
    failures: [capacity, algorithm],
    want: ['launch 1', 'wait 10s 1'],
  },
  'after a failed run on a fallback, no capacity there leads to the preferred placement first': {
    failures: [capacity, capacity, algorithm, capacity, capacity, capacity],
    want: ['launch 1', 'launch 2', 'wait 10s 2', 'launch 0', 'launch 1', 'wait 60s 0'],
  },
  'a placement that the region does not offer is never tried again': {
    failures: [notHere, capacity, capacity, capacity, capacity],
    want: ['launch 1', 'launch 2', 'wait 60s 1', 'launch 2', 'wait 120s 1'],
  },
  'no placement is offered in the region': {
    failures: [notHere, notHere, notHere],
    want: ['launch 1', 'launch 2', 'FAILED NO_PLACEMENT_LEFT'],
  },
  'the last placement that is offered is waited for': {
    failures: [capacity, notHere, notHere],
    want: ['launch 1', 'launch 2', 'wait 60s 0'],
  },
  'an algorithm error is retried up to retry.attempts runs': {
    failures: [algorithm, algorithm, algorithm],
    want: ['wait 10s 0', 'wait 20s 0', 'FAILED ALGORITHM_ERROR'],
  },
  'with one attempt an algorithm error is the end': {
    spec: { retry: { ...jobSpec().retry, attempts: 1 } },
    failures: [algorithm],
    want: ['FAILED ALGORITHM_ERROR'],
  },
  'internal and unknown errors are counted together, apart from algorithm errors': {
    spec: { retry: { ...jobSpec().retry, internalAttempts: 3 } },
    failures: [internal, algorithm, fails('unknown'), algorithm, internal],
    want: ['wait 10s 0', 'wait 10s 0', 'wait 20s 0', 'wait 20s 0', 'FAILED INTERNAL_ERROR'],
  },
  'an unknown error is named so at the end': {
    spec: { retry: { ...jobSpec().retry, internalAttempts: 1 } },
    failures: [fails('unknown')],
    want: ['FAILED UNKNOWN_ERROR'],
  },
  'an outage never ends a job, and its wait grows': {
    failures: Array.from({ length: 9 }, () => fails('transient')),
    want: [10, 20, 40, 80, 160, 320, 600, 600, 600].map((seconds) => `wait ${seconds}s 0`),
  },
  'a rejected request is the end': { failures: [fails('request')], want: ['FAILED REQUEST_REJECTED'] },
  'the runtime limit is the end': { failures: [fails('timeout')], want: ['FAILED MAX_RUNTIME_EXCEEDED'] },
  'stopped by someone outside is the end': {
    failures: [fails('stopped')],
    want: ['STOPPED STOPPED_OUTSIDE'],
  },
};

const casesInQueue: Record<string, { failures: (Failure | Told)[]; want: string[] }> = {
  "no capacity: the placement goes back each time, and no wait is the job's own": {
    failures: [capacity, quota, capacity, capacity, capacity],
    want: ['capacity', 'quota', 'capacity', 'capacity', 'capacity'].map((why) => `give back for ${why}`),
  },
  'no placement that the region has is the end there as well': {
    failures: [notHere],
    want: ['FAILED NO_PLACEMENT_LEFT'],
  },
  'an error of the training code waits, and after the last run allowed is the end': {
    failures: [algorithm, capacity, algorithm, algorithm],
    want: ['wait 10s 0', 'give back for capacity', 'wait 20s 0', 'FAILED ALGORITHM_ERROR'],
  },
  'an outage waits': {
    failures: [fails('transient'), fails('transient')],
    want: ['wait 10s 0', 'wait 20s 0'],
  },
  'a rejected request is the end': { failures: [fails('request')], want: ['FAILED REQUEST_REJECTED'] },
};

describe('the step after a failure', () => {
  test.each(Object.entries(cases))('%s', (_, { failures, spec, want }) => {
    expect(story(jobSpec(spec), ...failures).map(brief)).toEqual(want);
  });

  test.each(Object.entries(casesInQueue))('in a queue: %s', (_, { failures, want }) => {
    const spec = jobSpec({ queue: 'search', placements: [jobSpec().placements[0]] });
    expect(story(spec, ...failures).map(brief)).toEqual(want);
  });

  test('in a queue the limit that SageMaker named goes back with the placement', () => {
    const learnedLimit = { instanceType: 'ml.p4d.24xlarge', limit: 3, inUse: 3 };
    const [step] = story(jobSpec({ queue: 'search' }), fails('quota', { learnedLimit }));
    expect(step).toMatchObject({ kind: 'giveBack', learnedLimit });
  });

  test('in a queue a placement that the region does not have is remembered', () => {
    const [step] = story(jobSpec({ queue: 'search' }), notHere);
    expect(step).toMatchObject({ kind: 'giveBack', why: 'quota', state: { removed: [0] } });
  });
});

describe('the sentence for people', () => {
  const sentences: Record<string, { failures: Failure[]; spec?: Partial<JobSpec>; want: string }> = {
    'names the next placement': {
      failures: [quota],
      want: "The account's quota has no room for 4 × ml.p4d.24xlarge; trying 2 × ml.p5.48xlarge next.",
    },
    'says when a new round begins': {
      failures: [capacity, capacity, capacity],
      want:
        'SageMaker has no capacity for 8 × ml.g6e.12xlarge, and no other placement has room (1 round so far); ' +
        'next try at 2026-11-20 12:01:00 UTC.',
    },
    'tells a region without the type from a lack of capacity': {
      failures: [capacity, capacity, notHere],
      want:
        '8 × ml.g6e.12xlarge is not available in this region, and no other placement has room (1 round so far); ' +
        'next try at 2026-11-20 12:01:00 UTC.',
    },
    "quotes the user's own error": {
      failures: [algorithm],
      want: 'Attempt failed (1 of 3 allowed): ValueError: loss is NaN. Next try at 2026-11-20 12:00:10 UTC.',
    },
    'says what to change': {
      failures: [fails('request', { message: 'Could not assume role.', advice: 'Check the role.' })],
      want: 'SageMaker rejected the job: Could not assume role. Check the role.',
    },
    'names the runtime limit': {
      failures: [fails('timeout')],
      want:
        'The training ran into its StoppingCondition.MaxRuntimeInSeconds of 3600 s. Raise it, or write checkpoints ' +
        'and submit again.',
    },
    'says that the queue decides what comes next': {
      spec: { queue: 'search' },
      failures: [capacity],
      want: 'SageMaker has no capacity for 4 × ml.p4d.24xlarge; back in queue search, which decides where the job runs next.',
    },
    'says before when the queue does not start the job again': {
      spec: { queue: 'search' },
      failures: [algorithm],
      want:
        'Attempt failed (1 of 3 allowed): ValueError: loss is NaN. Back in queue search; next try not before ' +
        '2026-11-20 12:00:10 UTC.',
    },
    'tells what an outage looks like': {
      failures: [fails('transient', { message: 'Rate exceeded' })],
      want: 'SageMaker did not answer as it should: Rate exceeded. Next try at 2026-11-20 12:00:10 UTC.',
    },
  };

  test.each(Object.entries(sentences))('%s', (_, { failures, spec, want }) => {
    expect(story(jobSpec(spec), ...failures).at(-1)?.reason.sentence).toBe(want);
  });
});

describe('whatever happens', () => {
  const failures = fc.record({
    failure: fc.record({
      class: fc.constantFrom(...FAILURE_CLASSES),
      message: fc.string(),
      permanent: fc.boolean(),
    }),
    hadInstances: fc.boolean(),
  });

  test('the state is plain JSON and bounded by the number of placements', () => {
    fc.assert(
      fc.property(fc.array(failures, { maxLength: 60 }), (told) => {
        const spec = jobSpec();
        for (const { state } of story(spec, ...told)) {
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
          expect(state.withoutRoom.length).toBeLessThanOrEqual(spec.placements.length);
          expect(state.removed.length).toBeLessThanOrEqual(spec.placements.length);
        }
      }),
    );
  });

  test('a job that goes on goes to a placement that can run, never in the past', () => {
    fc.assert(
      fc.property(fc.array(failures, { maxLength: 60 }), (told) => {
        for (const step of story(jobSpec(), ...told)) {
          if (step.kind === 'end' || step.kind === 'giveBack') return;
          expect(step.placementIndex).toBe(step.state.placementIndex);
          expect([0, 1, 2]).toContain(step.placementIndex);
          if (step.kind === 'wait') expect(step.untilMs).toBeGreaterThanOrEqual(NOW);
          expect(step.state.removed).not.toContain(step.placementIndex);
        }
      }),
    );
  });

  test('between two waits no placement is tried twice', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(capacity, quota), { maxLength: 40 }), (told) => {
        let tried = [0];
        for (const step of story(jobSpec(), ...told)) {
          if (step.kind === 'wait') tried = [step.placementIndex];
          if (step.kind === 'launch') {
            expect(tried).not.toContain(step.placementIndex);
            tried.push(step.placementIndex);
          }
        }
      }),
    );
  });
});
