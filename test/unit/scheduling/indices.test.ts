import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunningJob, WaitingJob } from '../../../src/scheduling/job.ts';
import { byPriority } from '../../../src/scheduling/order.ts';
import { held, RunningIndex } from '../../../src/scheduling/running-index.ts';
import { WaitingIndex } from '../../../src/scheduling/waiting-index.ts';
import { aJob } from './queues.ts';

const ENVIRONMENTS = ['p', 'q'] as const;
const environment = fc.constantFrom(...ENVIRONMENTS);
const id = fc.integer({ min: 0, max: 9 }).map((n) => `job-${n}`);

describe('who has to end in an environment, soonest first', () => {
  const running = fc
    .tuple(id, environment, fc.nat(4), fc.option(fc.nat(4), { nil: undefined }), fc.boolean())
    .map(([name, where, startedAt, limitSeconds, stops]): RunningJob => ({
      ...aJob(name, 1, { options: [{ environment: where, instances: 1 }] }),
      ...(limitSeconds === undefined ? {} : { limitSeconds }),
      ...(stops ? { evictedFor: 'other' } : {}),
      option: 0,
      startedAt,
    }));

  test('is the same as counted anew, after every change and in copies', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(running, fc.boolean()), { maxLength: 40 }), (changes) => {
        let index = new RunningIndex();
        const model = new Map<string, RunningJob>();
        for (const [job, copies] of changes) {
          if (model.has(job.id)) index.remove(job.id);
          else index.add(job);
          if (!model.delete(job.id)) model.set(job.id, job);
          if (copies) index = index.clone();
          for (const where of ENVIRONMENTS) {
            const ends = [...index.endsIn(where)];
            const all = [...model.values()].filter((each) => held(each).environment === where);
            const timed = all.filter(
              ({ evictedFor, limitSeconds }) => evictedFor !== undefined || limitSeconds !== undefined,
            );
            expect(ends.map(({ running: each }) => each.id).sort()).toEqual(
              timed.map((each) => each.id).sort(),
            );
            expect(ends.map(({ at }) => at)).toEqual(
              ends.map(({ at }) => at).sort((a, b) => (a === b ? 0 : a - b)),
            );
          }
        }
      }),
    );
  });
});

describe('which shapes of a share are offered', () => {
  const rules = {
    laneOf: ({ share }: WaitingJob) => share,
    order: byPriority,
    shapeOf: ({ options: [choice] }: WaitingJob) => `${choice?.environment} ${choice?.instances}`,
    headDecides: false,
  };
  const job = fc
    .tuple(id, environment, fc.integer({ min: 1, max: 3 }), fc.nat(3))
    .map(([name, where, size, priority]) =>
      aJob(name, size, { options: [{ environment: where, instances: size }], priority }),
    );
  const step = fc.oneof(
    fc.record({ kind: fc.constant('exchange' as const), job }),
    fc.record({ kind: fc.constant('park' as const) }),
    fc.record({ kind: fc.constant('wake' as const), where: fc.option(environment, { nil: undefined }) }),
    fc.record({ kind: fc.constant('copy' as const) }),
  );
  const asksFor = (each: WaitingJob): number => each.options[0]?.instances ?? 0;
  const where = (each: WaitingJob): string => each.options[0]?.environment ?? '';

  test('is the same as counted anew: parked, larger ones parked with them, woken by environment or all', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let index = new WaitingIndex(rules);
        const jobs = new Map<string, WaitingJob>();
        const parked = new Set<string>();
        const first = (shape: string): WaitingJob | undefined =>
          [...jobs.values()].filter((each) => rules.shapeOf(each) === shape).sort(byPriority)[0];
        for (const change of steps) {
          switch (change.kind) {
            case 'exchange':
              if (jobs.delete(change.job.id)) index.remove(change.job.id);
              else {
                jobs.set(change.job.id, change.job);
                index.add(change.job);
              }
              for (const shape of parked) if (first(shape) === undefined) parked.delete(shape);
              break;
            case 'park': {
              const head = index.head('default');
              if (head === undefined) break;
              index.park(head);
              index.parkLarger(head);
              for (const each of jobs.values()) {
                const leader = first(rules.shapeOf(each));
                if (leader === undefined || where(leader) !== where(head)) continue;
                if (byPriority(leader, head) >= 0 && asksFor(leader) >= asksFor(head))
                  parked.add(rules.shapeOf(leader));
              }
              break;
            }
            case 'wake':
              index.wake(change.where === undefined ? undefined : [change.where]);
              for (const shape of parked)
                if (change.where === undefined || shape.startsWith(change.where)) parked.delete(shape);
              break;
            case 'copy':
              index = index.clone();
          }
          const shapes = [...new Set([...jobs.values()].map(rules.shapeOf))];
          const heads = shapes.flatMap((shape) => first(shape) ?? []).sort(byPriority);
          const offered = heads.filter((each) => !parked.has(rules.shapeOf(each)));
          expect([...index.shapeHeads('default')].map((each) => each.id)).toEqual(
            heads.map((each) => each.id),
          );
          expect(index.head('default')?.id).toBe(offered[0]?.id);
          expect(index.parkedShapes).toBe(heads.length - offered.length);
        }
      }),
    );
  });
});
