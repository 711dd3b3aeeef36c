import { describe, expect, it, test } from 'vitest';
import { INITIAL_RETRY_STATE } from '../../../src/jobs/next-step.ts';
import { beginAttempt, newStory, type JobStory } from '../../../src/workflows/job-story.ts';
import {
  heldLease,
  mayEnrol,
  newMembership,
  owe,
  preemption,
  receiveFull,
  receiveLease,
  receivePreempt,
  receiveTurnedAway,
  type Membership,
  type OwedMessage,
} from '../../../src/workflows/membership.ts';
import type { TurnedAway } from '../../../src/workflows/queue-contract.ts';
import { aJob, P4D } from '../../support/a-job.ts';

interface World {
  readonly story: JobStory;
  readonly member: Membership;
}

/** What happens to a job, in its order. */
type Step = (world: World) => void;

const lease =
  (number: number): Step =>
  ({ story, member }) =>
    receiveLease(story, member, { number, placement: P4D });
const preempt =
  (number: number): Step =>
  ({ story, member }) =>
    receivePreempt(story, member, { lease: number, by: 'big', sentence: 'It is taken back.' });
const turnAway =
  (code: TurnedAway['code']): Step =>
  ({ story, member }) =>
    receiveTurnedAway(story, member, { code, sentence: 'It cannot be.' });
const hold: Step = ({ story }) => {
  story.held = true;
};
/** The job takes its lease and launches on it. */
const launch: Step = ({ story, member }) => {
  const { number = 0, placement = P4D } = member.granted ?? {};
  delete member.granted;
  member.newestUsed = number;
  const name = `ty-${number}`;
  beginAttempt(story, { attempt: 1, name, placement, lease: number, launchedAt: 0, ranMsBefore: 0 });
};
/** The attempt is over, and its lease went back. */
const end: Step = ({ story }) => {
  delete story.live;
};
/** The queue has heard of everything. */
const told: Step = ({ member }) => {
  member.owed = [];
};

function play(...steps: readonly Step[]): World {
  const job = aJob({ queue: 'search' });
  const member = newMembership(job, { queued: true });
  if (member === undefined) throw new Error('the job names a queue');
  const story = newStory(job, INITIAL_RETRY_STATE, 0, member);
  for (const step of steps) step({ story, member });
  return { story, member };
}

const back = (number: number, why: 'unused' | 'preempted' = 'unused'): OwedMessage => ({
  kind: 'release',
  lease: number,
  outcome: { kind: 'again', why, removed: [] },
});
const ENQUEUE: OwedMessage = { kind: 'enqueue' };

/** What the job holds then, and what it owes its queue. */
interface Row {
  readonly steps: readonly Step[];
  readonly wantHeld?: number;
  readonly wantOwed?: readonly OwedMessage[];
}

const arrivals: Record<string, Row> = {
  'is taken by a job that waits': { steps: [lease(7)], wantHeld: 7 },
  'and is told twice is one lease': { steps: [lease(7), lease(7)], wantHeld: 7 },
  'and is told again while the job trains on it is one lease': {
    steps: [lease(7), launch, lease(7)],
    wantHeld: 7,
  },
  'before the job has launched on another goes back, and the queue hears which one counts': {
    steps: [lease(7), lease(8)],
    wantHeld: 7,
    wantOwed: [back(8), ENQUEUE],
  },
  'while the job trains on another goes back, and the queue hears which one counts': {
    steps: [lease(7), launch, lease(8)],
    wantHeld: 7,
    wantOwed: [back(8), ENQUEUE],
  },
  'with an older number than the one that it has goes back as well': {
    steps: [lease(7), launch, lease(6)],
    wantHeld: 7,
    wantOwed: [back(6), ENQUEUE],
  },
  'and went back before goes back again: the queue has not heard of it': {
    steps: [lease(7), launch, end, lease(7)],
    wantOwed: [back(7)],
  },
  'that a queue without a memory numbered too low goes back, and is never launched on': {
    steps: [lease(7), launch, end, lease(3)],
    wantOwed: [back(3)],
  },
  'goes back once, however often it is told': {
    steps: [hold, lease(7), lease(7), lease(7)],
    wantOwed: [back(7)],
  },
  'goes back as often as the queue has not heard of it': {
    steps: [hold, lease(7), told, lease(7)],
    wantOwed: [back(7)],
  },
  'to a job that is held goes back': { steps: [hold, lease(7)], wantOwed: [back(7)] },
  'and was taken back before it came goes back preempted': {
    steps: [preempt(7), lease(7)],
    wantOwed: [back(7, 'preempted')],
  },
  'after another one was taken back counts': { steps: [preempt(7), lease(8)], wantHeld: 8 },
};

describe('a lease that arrives', () => {
  test.each(Object.entries(arrivals))('%s', (_, { steps, wantHeld, wantOwed = [] }) => {
    const { story, member } = play(...steps);
    expect(heldLease(story)?.number).toBe(wantHeld);
    expect(member.owed).toEqual(wantOwed);
  });
});

describe('an order to give a lease back', () => {
  it('before anything was launched is carried out at once, and is a preemption', () => {
    const { story, member } = play(lease(7), preempt(7));
    expect(heldLease(story)).toBeUndefined();
    expect(member).toMatchObject({ preemptions: 1, owed: [back(7, 'preempted')] });
  });

  it('stops the attempt that runs on it', () => {
    expect(preemption(play(lease(7), launch, preempt(7)).story)).toMatchObject({ lease: 7 });
  });

  it('about an older lease is late', () => {
    expect(preemption(play(lease(7), launch, end, lease(8), launch, preempt(7)).story)).toBeUndefined();
  });

  it('about a newer lease than the one that the job has does not stop its attempt', () => {
    expect(preemption(play(lease(7), launch, preempt(8)).story)).toBeUndefined();
  });
});

describe('a job that is turned away', () => {
  it('for having waited, while it trains, trains on, and the queue hears that it does', () => {
    const { member } = play(lease(7), launch, turnAway('RUNNABLE_TIME_LIMIT'));
    expect(member.turnedAway).toBeUndefined();
    expect(member.owed).toEqual([ENQUEUE]);
  });

  it('for having waited, before it has launched on its lease, launches', () => {
    const { member } = play(lease(7), turnAway('RUNNABLE_TIME_LIMIT'));
    expect(member.turnedAway).toBeUndefined();
    expect(member.owed).toEqual([ENQUEUE]);
  });

  it('for good, while it trains, is turned away when it would wait again', () => {
    expect(play(lease(7), launch, turnAway('NEVER_FITS')).member).toMatchObject({
      turnedAway: { code: 'NEVER_FITS' },
      owed: [],
    });
  });

  it('and then gets a lease after all is not turned away', () => {
    expect(play(turnAway('NOT_IN_QUEUE'), lease(7)).member.turnedAway).toBeUndefined();
  });
});

describe('what a job owes its queue', () => {
  const changed: OwedMessage = { kind: 'changed' };
  const acquired: OwedMessage = { kind: 'changed', acquired: 7 };
  const table: Record<string, { owes: readonly OwedMessage[]; want: readonly OwedMessage[] }> = {
    'is said once, as it is then': { owes: [changed, changed, ENQUEUE, ENQUEUE], want: [changed, ENQUEUE] },
    'is said by an enqueue that waits': { owes: [ENQUEUE, changed], want: [ENQUEUE] },
    'is said with the news that instances are there': { owes: [changed, acquired], want: [acquired] },
    'keeps its order': { owes: [back(7), ENQUEUE, back(8)], want: [back(7), ENQUEUE, back(8)] },
  };
  test.each(Object.entries(table))('%s', (_, { owes, want }) => {
    const { member } = play();
    for (const message of owes) owe(member, message);
    expect(member.owed).toEqual(want);
  });
});

describe('a queue that is full', () => {
  const full: Step = ({ story, member }) => receiveFull(story, member, { now: 0, random: 1 });
  const waitOf = ({ member }: World): number | undefined => member.full?.until;

  it('is asked again after a wait that doubles up to ten minutes', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((times) => waitOf(play(...Array<Step>(times).fill(full))));
    expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });

  it('does not know the job, which says nothing to it before', () => {
    const { member } = play(full);
    expect(member.known).toBe(false);
    expect(mayEnrol(member, 59_999)).toBe(false);
    expect(mayEnrol(member, 60_000)).toBe(true);
  });

  it('and then grants a lease has room again', () => {
    expect(waitOf(play(full, lease(7)))).toBeUndefined();
  });

  it('says so too late to a job that has a lease', () => {
    expect(waitOf(play(lease(7), launch, full))).toBeUndefined();
  });
});
