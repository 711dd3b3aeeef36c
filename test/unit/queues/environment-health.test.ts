import { describe, expect, it, test } from 'vitest';
import {
  afterInstances,
  afterNews,
  afterNoCapacity,
  afterProbe,
  afterQuota,
  beginProbe,
  drained,
  expire,
  HEALTHY,
  LEARNED_FOR_MS,
  stateOf,
  usableLimit,
  type EnvironmentHealth,
} from '../../../src/queues/environment-health.ts';

const MINUTE = 60_000;
const out = (health: EnvironmentHealth, now: number, random = 0): EnvironmentHealth =>
  afterNoCapacity(health, { now, random, grantedAt: now });

describe('an environment without capacity', () => {
  it('cools for longer each time, up to half an hour, each time between half and all of it', () => {
    let shortest = HEALTHY;
    let longest = HEALTHY;
    const waits: [number, number][] = [];
    for (let n = 0; n < 7; n += 1) {
      const now = n * 3_600_000;
      shortest = out(shortest, now, 0);
      longest = out(longest, now, 0.999_999_9);
      waits.push([(shortest.cooling?.until ?? 0) - now, (longest.cooling?.until ?? 0) - now]);
    }
    const minutes = [1, 2, 4, 8, 16, 30, 30];
    expect(waits).toEqual(minutes.map((most) => [(most * MINUTE) / 2, most * MINUTE]));
  });

  it('is told of the same shortage by everybody who was granted a place before it, which changes nothing', () => {
    const cooling = out(HEALTHY, 1_000);
    expect(afterNoCapacity(cooling, { now: 2_000, random: 0, grantedAt: 999 })).toBe(cooling);
  });

  it('is probed by one job, whose instances open it', () => {
    const probing = beginProbe(out(HEALTHY, 0), 'scout');
    expect(stateOf(probing)).toEqual({ kind: 'probing', job: 'scout' });
    expect(stateOf(afterInstances(probing))).toEqual({ kind: 'open' });
    expect(afterInstances(probing).failures).toBe(0);
  });

  it('cools again when the probe finds none', () => {
    const again = out(beginProbe(out(HEALTHY, 0), 'scout'), 2 * MINUTE);
    expect(stateOf(again)).toEqual({ kind: 'cooling', until: 3 * MINUTE });
  });

  it('may be probed by the next when the probe is gone without a word', () => {
    const probing = beginProbe(out(HEALTHY, 0), 'scout');
    expect(stateOf(afterProbe(probing, 'scout', 5_000))).toEqual({ kind: 'cooling', until: 5_000 });
    expect(afterProbe(probing, 'other', 5_000)).toBe(probing);
  });

  it('that is drained goes on cooling behind it', () => {
    const drainedOne = drained(out(HEALTHY, 0), true);
    expect(stateOf(drainedOne)).toEqual({ kind: 'draining' });
    expect(stateOf(drained(drainedOne, false))).toEqual({ kind: 'cooling', until: MINUTE / 2 });
  });
});

describe('a learned quota', () => {
  test.each([
    ['is the limit when all that is in use is ours', { limit: 8, inUse: 5 }, 5, 8],
    ['leaves out what others of the account use', { limit: 8, inUse: 8 }, 5, 5],
    ['is never negative', { limit: 2, inUse: 9 }, 0, 0],
    ['is not raised by leases that SageMaker has not seen yet', { limit: 8, inUse: 3 }, 5, 8],
  ])('%s', (_name, learned, ours, usable) => {
    const health = afterQuota(HEALTHY, learned, { now: 0, ours });
    expect(usableLimit(health, 10)).toBe(usable);
  });

  it('never raises the limit of the queue file', () => {
    expect(usableLimit(afterQuota(HEALTHY, { limit: 50, inUse: 0 }, { now: 0, ours: 0 }), 10)).toBe(10);
  });

  it('is forgotten after a while, and one job probes whether it still holds', () => {
    const health = afterQuota(HEALTHY, { limit: 3, inUse: 0 }, { now: 0, ours: 0 });
    expect(expire(health, LEARNED_FOR_MS - 1)).toBe(health);
    const tried = expire(health, LEARNED_FOR_MS);
    expect(usableLimit(tried, 10)).toBe(10);
    expect(stateOf(tried)).toEqual({ kind: 'cooling', until: LEARNED_FOR_MS });
  });
});

describe('news from the account', () => {
  it('of a shortage close the environment until then', () => {
    expect(stateOf(afterNews(HEALTHY, { outUntil: MINUTE }, 0))).toEqual({ kind: 'cooling', until: MINUTE });
  });

  it('of a shortage that ends earlier than ours, or is over, change nothing', () => {
    const cooling = out(HEALTHY, 0);
    expect(afterNews(cooling, { outUntil: 1_000 }, 0)).toBe(cooling);
    expect(afterNews(HEALTHY, { outUntil: 1_000 }, 2_000)).toBe(HEALTHY);
  });

  it('that there is some open it, but not while a probe is finding out itself', () => {
    const cooling = out(HEALTHY, 0);
    expect(stateOf(afterNews(cooling, {}, 0))).toEqual({ kind: 'open' });
    const probing = beginProbe(cooling, 'scout');
    expect(afterNews(probing, {}, 0)).toBe(probing);
  });

  it('of a quota lower the limit and leave the rest', () => {
    const cooling = out(HEALTHY, 0);
    const told = afterNews(cooling, { learnedLimit: 2 }, 0);
    expect(usableLimit(told, 10)).toBe(2);
    expect(stateOf(told)).toEqual(stateOf(cooling));
  });
});
