import { describe, expect, it } from 'vitest';
import {
  violations,
  type JobRecord,
  type QueueSums,
  type SoakRecord,
  type TrainingSpan,
} from '../../soak/verdict.ts';

const span = (changes: Partial<TrainingSpan> = {}): TrainingSpan => ({
  name: 'ty-a-1',
  jobId: 'a',
  instanceType: 'ml.p4d.24xlarge',
  instances: 2,
  createdAt: 1_000,
  endedAt: 2_000,
  ...changes,
});

const job = (changes: Partial<JobRecord> = {}): JobRecord => ({
  jobId: 'a',
  queue: 'q',
  submission: 'accepted',
  workflow: { status: 'COMPLETED', closedAt: 2_100, jobStatus: 'SUCCEEDED' },
  notices: ['SUCCEEDED'],
  ...changes,
});

const sums = (changes: Partial<QueueSums['environments'][number]> = {}, jobs = 0): QueueSums => ({
  queue: 'q',
  at: 0,
  jobs,
  environments: [{ name: 'P4', limit: 4, used: 0, listed: 0, ofShares: 0, ...changes }],
});

const record = (changes: Partial<SoakRecord> = {}): SoakRecord => ({
  jobs: [job(), job({ jobId: 'b' })],
  trainings: [span(), span({ name: 'ty-b-1', jobId: 'b', createdAt: 1_500, endedAt: 2_050 })],
  environments: [{ queue: 'q', name: 'P4', instanceTypes: ['ml.p4d.24xlarge'], limit: 4 }],
  samples: [sums({ used: 4, listed: 4, ofShares: 4 }, 2)],
  final: [sums()],
  orphanMs: 1_000,
  ...changes,
});

const terminated = job({
  terminatedAt: 1_500,
  workflow: { status: 'TERMINATED', closedAt: 1_500, jobStatus: 'RUNNING' },
  notices: [],
});

describe('the verdict of a soak', () => {
  it('finds nothing wrong where nothing is', () => {
    expect(violations(record())).toEqual([]);
    expect(violations(record({ jobs: [terminated, job({ jobId: 'b' })] }))).toEqual([]);
  });

  it.each<[string, Partial<SoakRecord>, RegExp]>([
    [
      'an accepted job that is lost',
      { jobs: [job(), job({ jobId: 'b' }), { ...job({ jobId: 'c' }), workflow: undefined } as never] },
      /^1: c .*no workflow/,
    ],
    [
      'a job that never ends',
      { jobs: [job({ workflow: { status: 'RUNNING' } }), job({ jobId: 'b' })], trainings: [] },
      /^1: .* a is RUNNING/,
    ],
    [
      'a job that somebody else terminated',
      { jobs: [{ ...terminated, terminatedAt: undefined } as never, job({ jobId: 'b' })] },
      /^1: .*TERMINATED/,
    ],
    [
      'a job that nobody was told of',
      { jobs: [job({ notices: [] }), job({ jobId: 'b' })] },
      /^1: .*notified as nothing/,
    ],
    [
      'a job with two ends',
      { jobs: [job({ notices: ['SUCCEEDED', 'FAILED'] }), job({ jobId: 'b' })] },
      /^1: .*SUCCEEDED and FAILED/,
    ],
    [
      'two live training jobs of one job',
      { trainings: [span(), span({ name: 'ty-a-2', createdAt: 1_999 })] },
      /^2: ty-a-2/,
    ],
    [
      'too many instances at a time',
      { trainings: [span({ instances: 3 }), span({ name: 'ty-b-1', jobId: 'b', createdAt: 1_999 })] },
      /^3: 5 of 4 P4/,
    ],
    [
      'a training job that lives on',
      { trainings: [{ ...span(), endedAt: undefined } as never] },
      /^4: ty-a-1 is still alive/,
    ],
    [
      'a training job without a workflow',
      { trainings: [span({ name: 'ty-x-1', jobId: 'x' })] },
      /^4: ty-x-1 has no workflow/,
    ],
    [
      'an orphan that lived too long',
      { jobs: [terminated, job({ jobId: 'b' })], trainings: [span({ endedAt: 2_600 })] },
      /^4: ty-a-1 outlived/,
    ],
    [
      'a queue that uses more than it has',
      { samples: [sums({ used: 5, listed: 5, ofShares: 5 })] },
      /^3: q says/,
    ],
    [
      'a queue whose running jobs do not add up',
      { samples: [sums({ used: 2, listed: 1, ofShares: 2 })] },
      /its running jobs 1/,
    ],
    [
      'a queue whose shares do not add up',
      { samples: [sums({ used: 2, listed: 2, ofShares: 3 })] },
      /its shares 3/,
    ],
    ['a queue that is not empty in the end', { final: [sums({}, 1)] }, /still has 1 jobs/],
  ])('finds %s', (_, changes, sentence) => {
    const found = violations(record(changes));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(sentence);
  });

  it('lets one training job begin in the millisecond in which another one of the job ends', () => {
    const trainings = [span(), span({ name: 'ty-a-2', createdAt: 2_000, endedAt: 2_050 })];
    expect(violations(record({ trainings }))).toEqual([]);
  });

  it('counts each environment by itself', () => {
    const trainings = [
      span({ instances: 4 }),
      span({ name: 'ty-b-1', jobId: 'b', instanceType: 'ml.p5.48xlarge' }),
    ];
    expect(violations(record({ trainings }))).toEqual([]);
  });

  it('excuses a job whose queue was terminated as it came in', () => {
    const lost = { ...job({ jobId: 'c', submission: 'withQueue' }), workflow: undefined } as never;
    expect(violations(record({ jobs: [job(), job({ jobId: 'b' }), lost] }))).toEqual([]);
  });
});
