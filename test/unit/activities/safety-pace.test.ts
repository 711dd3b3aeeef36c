import { describe, expect, it } from 'vitest';
import { SafetyPace } from '../../../src/activities/safety-pace.ts';

describe('the pace of safety checks', () => {
  it('lets the first check through at once and the next ones in turn', () => {
    const pace = new SafetyPace(0.5);
    expect(pace.delay('a', 0)).toBe(0);
    expect(pace.delay('b', 0)).toBe(2_000);
    expect(pace.delay('c', 0)).toBe(4_000);
  });

  it('keeps a turn for the check that comes back for it', () => {
    const pace = new SafetyPace(1);
    pace.delay('a', 0);
    expect(pace.delay('b', 0)).toBe(1_000);
    expect(pace.delay('b', 400)).toBe(600);
    expect(pace.delay('b', 1_000)).toBe(0);
  });

  it('never lets more through than it promises, however many ask', () => {
    const pace = new SafetyPace(2);
    const due = new Map(Array.from({ length: 1_000 }, (_, index) => [`job-${index}`, 0]));
    let calls = 0;
    for (let now = 0; now < 60_000; now += 100) {
      for (const [key, at] of due) {
        if (at > now) continue;
        const wait = pace.delay(key, now);
        if (wait === 0) calls += 1;
        due.set(key, now + (wait === 0 ? 10_000 : wait));
      }
    }
    expect(calls).toBeLessThanOrEqual(121);
    expect(calls).toBeGreaterThan(115);
  });

  it('gives unused time to nobody: after a quiet hour one call is free, not thousands', () => {
    const pace = new SafetyPace(1);
    pace.delay('a', 0);
    expect(pace.delay('b', 3_600_000)).toBe(0);
    expect(pace.delay('c', 3_600_000)).toBe(1_000);
  });
});
