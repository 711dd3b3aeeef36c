import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Remedy } from '../../../src/scheduling/explanation.ts';
import { explain } from '../../../src/scheduling/explain.ts';
import { forecast } from '../../../src/scheduling/forecast.ts';
import { shortfall } from '../../../src/scheduling/nearest-reason.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import type { QueueSetup, QuotaShareQueueSetup } from '../../../src/scheduling/setup.ts';
import { verdictOf } from '../../../src/scheduling/trial.ts';
import { aJob, aQueue, aShare, quotaShares } from './queues.ts';
import { fillers, oneOf, randomWorld, visible } from './random-world.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const RUNS = Number(process.env['EXPLAIN_RUNS'] ?? 30);

// The work is bounded by the number of worlds; how long that takes depends on the machine.
vi.setConfig({ testTimeout: 60_000 });

function play(property: (seed: number) => void, numRuns = RUNS): void {
  fc.assert(fc.property(seeds, property), { numRuns });
}

/** Every environment as large as one likes, and nobody bound to a limit of its share. */
function withoutLimits(setup: QueueSetup): QueueSetup {
  const { policy } = setup;
  const environments = setup.environments.map((each) => ({ ...each, limit: 1_000_000 }));
  if (policy.kind !== 'quotaShare') return { ...setup, environments };
  const shares = policy.shares.map((share) => ({
    ...share,
    quota: Object.fromEntries(
      Object.entries(share.quota).map(([name, { guaranteed }]) => [name, { guaranteed }]),
    ),
  }));
  return { ...setup, environments, policy: { ...policy, shares } };
}

const startsOf = (scheduler: Scheduler, now: number): string[] =>
  scheduler.settle(now).decisions.flatMap((decision) => (decision.kind === 'admit' ? [decision.job] : []));

describe('a position', () => {
  test('in a share is the place in which the scheduler offers the jobs of the share', () => {
    play((seed) => {
      const { scheduler, now } = randomWorld(seed);
      const waiting = [...scheduler.inOrder()];
      const copy = scheduler.clone();
      copy.configure(withoutLimits(scheduler.setup), now);
      const started = startsOf(copy, now);
      for (const job of waiting) {
        const ofShare = started.filter((id) => scheduler.waiting(id)?.share === job.share);
        const place = scheduler.placeOf(job.id, now)!;
        expect(place.inShare).toBe(ofShare.indexOf(job.id) + 1);
        expect(place.waitingInShare).toBe(ofShare.length);
        expect(place.waitingInQueue).toBe(waiting.length);
      }
    });
  });

  test('in the queue is the order of the starts when capacity comes free for one job at a time', () => {
    play((seed) => {
      const { scheduler, now } = randomWorld(seed, { plain: true });
      const waiting = [...scheduler.inOrder()];
      const said = new Map(waiting.map(({ id }) => [scheduler.placeOf(id, now)!.inQueue, id]));
      expect([...said.keys()].sort((a, b) => a - b)).toEqual(waiting.map((_, index) => index + 1));
      const copy = scheduler.clone();
      const started: string[] = [];
      for (const { id } of fillers(now)) {
        copy.release(id, now);
        started.push(...startsOf(copy, now));
      }
      // Jobs of shares that are at their borrow limit do not start at all, and stand at the end.
      expect(started).toEqual(started.map((_, index) => said.get(index + 1)));
    });
  });

  test('is the same in the list of all turns', () => {
    play((seed) => {
      const { scheduler, now } = randomWorld(seed);
      const listed = [...scheduler.inTurn(now)].map(({ id }) => id);
      const places = listed.map((id) => scheduler.placeOf(id, now)?.inQueue);
      expect(places).toEqual(listed.map((_, index) => index + 1));
      expect(listed.sort()).toEqual([...scheduler.inOrder()].map(({ id }) => id).sort());
    });
  });

  test('counts those who are named as ahead, the nearest first', () => {
    play((seed) => {
      const { scheduler, now } = randomWorld(seed);
      for (const { id } of scheduler.inOrder()) {
        const { inQueue, ahead } = scheduler.placeOf(id, now)!;
        const places = ahead.map(({ job }) => scheduler.placeOf(job.id, now)!.inQueue);
        expect(places).toEqual(places.map((_, index) => inQueue - 1 - index));
        expect(places).toHaveLength(Math.min(10, inQueue - 1));
      }
    });
  });
});

describe('an explanation', () => {
  test('names the constraint that the scheduler names when it looks at the job again', () => {
    play((seed) => {
      const { scheduler, now } = randomWorld(seed);
      const copy = scheduler.clone();
      copy.configure(scheduler.setup, now);
      const { decisions } = copy.settle(now);
      // Only where the second look finds what the first one found: else the queue has moved on.
      if (decisions.some(({ kind }) => kind !== 'wait')) return;
      for (const decision of decisions) {
        if (decision.kind !== 'wait') continue;
        const { blockedBy, blockedByOption } = explain(scheduler, decision.job, now)!;
        expect({ blockedBy, blockedByOption }).toEqual({
          blockedBy: decision.why,
          blockedByOption: decision.reasons,
        });
      }
    });
  });

  test('says how many more instances are needed: with one fewer it would still wait', () => {
    const amount = fc.nat({ max: 4 });
    const share = fc.record({
      guaranteed: amount,
      lend: fc.option(amount),
      used: amount,
      grouped: fc.boolean(),
    });
    const world = fc.record({
      limit: fc.integer({ min: 1, max: 14 }),
      grouped: amount,
      shares: fc.array(share, { minLength: 2, maxLength: 4 }),
      needed: fc.integer({ min: 1, max: 8 }),
    });
    let kept = 0;
    const once = ({
      limit,
      grouped,
      shares,
      needed,
    }: typeof world extends fc.Arbitrary<infer T> ? T : never): void => {
      const never = { inShare: 'never', reclaim: 'never' } as const;
      const policy: QuotaShareQueueSetup = {
        ...quotaShares(
          ...shares.map(({ guaranteed, lend, grouped: inGroup }, index) =>
            aShare(`s${index}`, 0, {
              ...(inGroup ? { parent: 'g' } : {}),
              preemption: never,
              quota: {
                gpu: { guaranteed, ...(lend === null ? {} : { lendLimit: Math.min(lend, guaranteed) }) },
              },
            }),
          ),
        ),
        groups: [{ name: 'g', weight: 10_000, quota: { gpu: { guaranteed: grouped } } }],
      };
      const guarantees = grouped + shares.reduce((sum, { guaranteed }) => sum + guaranteed, 0);
      const setup = (gpu: number): QueueSetup => aQueue(policy, { gpu: Math.max(gpu, guarantees) });
      const running = shares.flatMap(({ used }, index) =>
        used === 0 ? [] : [{ ...aJob(`r${index}`, used, { share: `s${index}` }), option: 0, startedAt: 0 }],
      );
      const scheduler = new Scheduler(setup(limit), {
        running,
        waiting: [aJob('x', needed, { share: 's0' })],
      });
      const [why] = scheduler.whyWaiting('x', 0);
      if (why === undefined || (why.code !== 'ENVIRONMENT_FULL' && why.code !== 'NOT_LENT')) return;
      if (why.code === 'ENVIRONMENT_FULL' && why.usable !== undefined) kept += 1;
      const missing = shortfall(why) ?? 0;
      const startsWith = (more: number): boolean => {
        const copy = scheduler.clone();
        copy.configure(setup(Math.max(limit, guarantees) + more), 0);
        return startsOf(copy, 0).length > 0;
      };
      expect([startsWith(missing - 1), startsWith(missing)]).toEqual([false, true]);
    };
    fc.assert(fc.property(world, once), { numRuns: RUNS * 50 });
    expect(kept).toBeGreaterThan(0);
  });

  test('promises only remedies that do just what they say', () => {
    play((seed) => {
      const { scheduler, now, random } = randomWorld(seed);
      const waiting = [...scheduler.inOrder()];
      if (waiting.length === 0) return;
      const { id } = oneOf(random, waiting);
      for (const remedy of explain(scheduler, id, now)!.remedies) {
        const copy = scheduler.clone();
        apply(copy, id, remedy, now);
        const { decisions } = copy.settle(remedy.kind === 'time' ? remedy.at : now);
        expect({ remedy, verdict: verdictOf(id, copy, decisions) }).toEqual({
          remedy,
          verdict: remedy.then,
        });
      }
    });
  });

  test('of a running job names the waiting job that preempts it', () => {
    let named = 0;
    play((seed) => {
      const { scheduler, now } = randomWorld(seed, { policy: 'quotaShare', undecided: true });
      for (const { id } of scheduler.runningJobs()) {
        for (const { job, sentence } of explain(scheduler, id, now)!.preemptibleBy) {
          if (job === undefined) continue;
          named++;
          const at = / from (.*) UTC on/.exec(sentence)?.[1];
          const copy = scheduler.clone();
          const { decisions } = copy.settle(at === undefined ? now : Date.parse(`${at.replace(' ', 'T')}Z`));
          expect(decisions).toContainEqual(
            expect.objectContaining({ kind: 'preempt', victim: id, for: job }),
          );
        }
      }
    });
    expect(named).toBeGreaterThan(0);
  });

  test('changes nothing', () => {
    play((seed) => {
      const { scheduler, now, random } = randomWorld(seed, { undecided: true });
      const before = visible(scheduler);
      const jobs = [...scheduler.inOrder(), ...scheduler.runningJobs()];
      if (jobs.length === 0) return;
      const { id } = oneOf(random, jobs);
      explain(scheduler, id, now, { estimate: true, whatIf: { priority: 7, share: 'ben' } });
      expect(visible(scheduler)).toEqual(before);
    });
  });
});

/** Does to the queue what the remedy says. */
function apply(scheduler: Scheduler, id: string, remedy: Remedy, now: number): void {
  const { setup } = scheduler;
  switch (remedy.kind) {
    case 'instances': {
      const environments = setup.environments.map(({ name, limit }) => ({
        name,
        limit: limit + (name === remedy.environment ? remedy.instances : 0),
      }));
      scheduler.configure({ ...setup, environments }, now);
      return;
    }
    case 'jobsEnd':
      for (const running of remedy.jobs) {
        const evicted = scheduler.running(running)!.evictedFor !== undefined;
        scheduler.release(running, now, evicted ? {} : undefined);
      }
      return;
    case 'quota': {
      const { policy } = setup;
      if (policy.kind !== 'quotaShare') throw new Error('only quotaShare has quotas');
      const shares = policy.shares.map((share) => {
        const by =
          share.name === remedy.node ? remedy.by : share.name === remedy.from?.node ? -remedy.from.by : 0;
        const quota = share.quota[remedy.environment];
        if (by === 0 || quota === undefined) return share;
        const changed = { ...quota, [remedy.which]: (quota[remedy.which] ?? 0) + by };
        return { ...share, quota: { ...share.quota, [remedy.environment]: changed } };
      });
      scheduler.configure({ ...setup, policy: { ...policy, shares } }, now);
      return;
    }
    case 'priority':
      scheduler.setPriority(id, remedy.priority);
      return;
    case 'time':
      return;
    case 'operator':
      for (const { name } of setup.environments) scheduler.setEnvironment(name, { kind: 'open' });
  }
}

describe('an estimated start', () => {
  test('is the actual one when jobs run to their limits and nothing else happens', () => {
    play((seed) => {
      const { scheduler, now } = randomWorld(seed);
      const waiting = [...scheduler.inOrder()].map(({ id }) => id);
      const estimates = forecast(scheduler, waiting, now, undefined, { stopSeconds: 90 });
      const actual = starts(scheduler.clone(), now, 90);
      for (const id of waiting) expect([id, estimates.get(id)?.startAt]).toEqual([id, actual.get(id)]);
    });
  });
});

/** Plays on, second by second where something happens, written without a look at the forecast. */
function starts(scheduler: Scheduler, from: number, stopSeconds: number): Map<string, number> {
  const first = new Map<string, number>();
  const stopsAt = new Map<string, number>();
  let now = from;
  for (const { id, evictedFor } of scheduler.runningJobs())
    if (evictedFor !== undefined) stopsAt.set(id, now + stopSeconds * 1000);
  for (let round = 0; round < 2_000; round++) {
    const { decisions, wakeAt = Infinity } = scheduler.settle(now);
    for (const decision of decisions) {
      if (decision.kind === 'admit' && !first.has(decision.job)) first.set(decision.job, now);
      if (decision.kind === 'preempt') stopsAt.set(decision.victim, now + stopSeconds * 1000);
    }
    const ends = [...scheduler.runningJobs()].map((job) => {
      const whole = job.startedAt + job.limitSeconds! * 1000;
      const done = whole > from ? whole : from + stopSeconds * 1000;
      const stopped = stopsAt.get(job.id) ?? Infinity;
      return { id: job.id, at: Math.min(done, stopped), again: stopped < done };
    });
    now = Math.min(wakeAt, ...ends.map(({ at }) => at));
    if (now === Infinity) break;
    for (const { id, at, again } of ends.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      if (at > now) continue;
      stopsAt.delete(id);
      scheduler.release(id, now, again ? {} : undefined);
    }
  }
  return first;
}
