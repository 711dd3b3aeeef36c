import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { resolveQueue, type QueueInput } from '../../../src/queues/queue-schema.ts';
import type { WaitingJob } from '../../../src/scheduling/job.ts';
import { QueueState } from '../../../src/scheduling/queue-state.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';

// Hundreds of worlds, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

type QuotaShare = NonNullable<QueueInput['quotaShare']>;

const SECOND = 1_000;

function queueOf(
  limit: number,
  quotaShare: QuotaShare,
  rest: Pick<QueueInput, 'reservation'> = {},
): QueueInput {
  return {
    name: 'q',
    serviceEnvironments: [{ name: 'P4', family: 'p4d', limit }],
    quotaShare,
    ...rest,
  };
}

const aJob = (sequence: number, share: string, instances = 1, priority = 0): WaitingJob => ({
  id: `j${sequence}`,
  share,
  priority,
  options: [{ environment: 'P4', instances }],
  queuedAt: sequence,
  sequence,
  preemptions: 0,
});

describe('what is free is given out at once, with the defaults of a queue file', () => {
  test.each([
    ['one share that has work', ['a']],
    ['two shares that have work', ['a', 'b']],
  ])('to %s', (_, busy) => {
    const setup = resolveQueue(
      queueOf(100, {
        shares: [
          { name: 'a', guaranteed: { P4: 60 } },
          { name: 'b', guaranteed: { P4: 40 } },
        ],
      }),
    );
    const waiting = Array.from({ length: 300 }, (_, index) => aJob(index, busy[index % busy.length] ?? 'a'));
    const scheduler = new Scheduler(setup, { waiting });
    const { decisions, more } = scheduler.settle(SECOND);
    expect(decisions.filter(({ kind }) => kind === 'admit')).toHaveLength(100);
    expect(more).toBeUndefined();
  });
});

describe('three shares that want four times what there is', () => {
  const world = fc.record({
    order: fc.constantFrom('priority' as const, 'fairShare' as const),
    grouped: fc.boolean(),
    guaranteed: fc.constantFrom(1, 2),
    first: fc.array(fc.nat({ max: 1 }), { minLength: 12, maxLength: 12 }),
    steps: fc.array(
      fc.record({
        ends: fc.nat({ max: 5 }),
        come: fc.array(
          fc.record({
            share: fc.nat({ max: 2 }),
            instances: fc.integer({ min: 1, max: 4 }),
            priority: fc.nat({ max: 2 }),
          }),
          { minLength: 3, maxLength: 3 },
        ),
      }),
      { minLength: 5, maxLength: 25 },
    ),
  });
  type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

  /** Tells what the queue looks like after each step. */
  function live({ order, grouped, guaranteed, first, steps }: World, look: (after: After) => void): void {
    const setup = resolveQueue(
      queueOf(
        6,
        {
          order,
          ...(grouped ? { groups: [{ name: 'g' }] } : {}),
          shares: [0, 1, 2].map((index) => ({
            name: `s${index}`,
            guaranteed: { P4: guaranteed },
            ...(grouped && index === 0 ? { group: 'g' } : {}),
          })),
        },
        { reservation: false },
      ),
    );
    let sequence = 0;
    const state = new QueueState(setup, {
      waiting: first.map((share) => aJob(sequence++, `s${share}`, 1 + (sequence % 4), sequence % 3)),
    });
    const scheduler = new Scheduler(setup, state);
    let now = SECOND;
    scheduler.settle(now);
    for (const { ends, come } of steps) {
      now += SECOND;
      for (const { id, evictedFor } of [...scheduler.runningJobs()])
        if (evictedFor !== undefined) scheduler.release(id, now, {});
      const running = [...scheduler.runningJobs()];
      const over = running[ends % Math.max(1, running.length)];
      if (over !== undefined) scheduler.release(over.id, now);
      for (const { share, instances, priority } of come)
        scheduler.enqueue(aJob(sequence++, `s${share}`, instances, priority));
      const { decisions } = scheduler.settle(now);
      const woken = scheduler.clone();
      woken.configure(setup, now);
      const again = woken.settle(now).decisions.filter(({ kind }) => kind !== 'wait');
      const stopping = [...scheduler.runningJobs()].some(({ evictedFor }) => evictedFor !== undefined);
      look({ order, decisions, again, stopping, scheduler, state });
    }
  }

  interface After {
    readonly order: World['order'];
    readonly decisions: ReturnType<Scheduler['settle']>['decisions'];
    /** What the queue would do at the same moment if it were asked once more. */
    readonly again: readonly { readonly kind: string }[];
    readonly stopping: boolean;
    readonly scheduler: Scheduler;
    readonly state: QueueState;
  }

  const play = (look: (after: After) => void): void =>
    fc.assert(
      fc.property(world, (lived) => live(lived, look)),
      { numRuns: 300 },
    );

  test('in priority order nothing is left to decide', () => {
    play(({ order, again }) => {
      if (order === 'priority') expect(again).toEqual([]);
    });
  });

  test('nobody could start and does not, unless others are being stopped just now', () => {
    play(({ again, stopping }) => {
      if (!stopping) expect(again.filter(({ kind }) => kind === 'admit')).toEqual([]);
    });
  });

  test('each job is in one decision', () => {
    play(({ decisions }) => {
      const jobs = decisions.map((one) => (one.kind === 'preempt' ? one.victim : one.job));
      expect(jobs).toEqual([...new Set(jobs)]);
    });
  });

  test('who is said to wait for stops waits for some', () => {
    play(({ decisions, scheduler }) => {
      const isStopping = (id: string): boolean => scheduler.running(id)?.evictedFor !== undefined;
      for (const one of decisions)
        if (one.kind === 'wait' && one.why.code === 'PREEMPTING')
          expect(one.why.victims.some(isStopping)).toBe(true);
        else if (one.kind === 'wait' && one.why.code === 'RELEASE_EXPECTED')
          expect(one.why.from.some(isStopping)).toBe(true);
    });
  });

  test("what is stopped within a share is stopped for the same share, also when it becomes another job's", () => {
    play(({ decisions, scheduler }) => {
      for (const one of decisions) {
        if (one.kind !== 'preempt') continue;
        const taker = scheduler.waiting(one.for);
        expect(one.cause === 'withinShare').toBe(taker?.share === scheduler.running(one.victim)?.share);
      }
    });
  });

  test('for whom others are being stopped is offered as soon as its share is', () => {
    play(({ state }) => {
      for (const id of state.running.stoppedFor()) {
        const taker = state.waiting.get(id);
        expect(taker !== undefined && state.waiting.isParked(taker)).toBe(false);
      }
    });
  });

  test('nobody waits for a probe where there was no lack of capacity', () => {
    play(({ decisions }) => {
      for (const one of decisions) if (one.kind === 'wait') expect(one.why.code).not.toBe('PROBING');
    });
  });
});
