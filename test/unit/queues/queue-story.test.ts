import { describe, expect, it } from 'vitest';
import type { Placement } from '../../../src/jobs/placement.ts';
import type { QueueSpec } from '../../../src/queues/queue-spec.ts';
import { optionsOf } from '../../../src/queues/ticket.ts';
import { standingOf, type Entry } from '../../../src/workflows/queue-entry.ts';
import { QueueStory, type QueueCarried } from '../../../src/workflows/queue-story.ts';
import { G6, P4D, P5 } from '../../support/a-job.ts';
import { aQueue, quotaShares } from '../../support/a-queue.ts';

const NOW = 1_700_000_000_000;

interface Wishes {
  readonly id: string;
  readonly share?: string;
  readonly user?: string;
  readonly placements?: readonly Placement[];
  readonly priority?: number;
  readonly queuedAt?: number;
  readonly held?: boolean;
  readonly notBefore?: number;
  readonly limitSeconds?: number;
}

function add(story: QueueStory, wishes: Wishes): Entry {
  const { id, share, user, placements = [P4D], priority = 0, queuedAt = NOW, held = false } = wishes;
  const limitSeconds = wishes.limitSeconds ?? 86_400;
  return story.add(
    {
      id,
      profile: {
        placements,
        limitSeconds,
        ...(share === undefined ? {} : { asked: share }),
        ...(user === undefined ? {} : { user }),
      },
      share: story.spec.policy.kind === 'fifo' ? 'default' : (share ?? ''),
      options: optionsOf(placements, story.spec),
      priority,
      queuedAt,
      held,
      ...(wishes.notBefore === undefined ? {} : { notBefore: wishes.notBefore }),
    },
    NOW,
  );
}

/** Through the payload of a continue-as-new. */
const continued = (story: QueueStory): QueueStory =>
  new QueueStory(story.spec, JSON.parse(JSON.stringify(story.carried())) as QueueCarried);

function admitAll(story: QueueStory): void {
  for (const decision of story.scheduler().settle(NOW).decisions) {
    const entry = decision.kind === 'admit' ? story.get(decision.job) : undefined;
    const option = decision.kind === 'admit' ? entry?.options[decision.option] : undefined;
    if (entry !== undefined && option !== undefined) story.admitted(entry, option, NOW, false);
  }
}

const waiting = (story: QueueStory): string[] => [...story.look().inOrder()].map(({ id }) => id);

describe('what continue-as-new carries', () => {
  it('is everything that the queue knew of its jobs', () => {
    const story = new QueueStory(aQueue('q', { limit: 2 }));
    add(story, { id: 'runs', user: 'ana', queuedAt: NOW - 5_000 });
    admitAll(story);
    add(story, { id: 'held', held: true, share: 'red', priority: 7 });
    add(story, { id: 'rests', notBefore: NOW + 60_000 });
    add(story, { id: 'waits', placements: [P5, { ...P4D, instanceCount: 2 } as Placement] });
    add(story, { id: 'unplaced', placements: [G6] });
    story.amend(story.get('waits')!, { removed: [0], preemptions: 3 }, NOW);
    story.pause(true, NOW);
    story.ran('red', 17);
    story.setHealth('P4', { failures: 2, cooling: { since: NOW, until: NOW + 1 } }, NOW);
    const after = continued(story);
    expect([...after.entries()]).toEqual([...story.entries()]);
    expect([...after.entries()].map(standingOf)).toEqual([
      'running',
      'held',
      'resting',
      'waiting',
      'unplaced',
    ]);
    expect(after.carried()).toEqual(story.carried());
    expect(after.lastLease).toBe(1);
  });

  it("counts a job's RUNNABLE time from before it was held, and not meanwhile", () => {
    const story = new QueueStory(aQueue('q', { limit: 0 }));
    const job = add(story, { id: 'waits' });
    const clock = (): number => NOW + 20_000 - (continued(story).get('waits')?.runnableSince ?? NaN);
    expect(clock()).toBe(20_000);
    story.amend(job, { held: true }, NOW + 5_000);
    story.amend(job, { held: true }, NOW + 7_000);
    story.amend(job, { held: false }, NOW + 15_000);
    expect(clock()).toBe(10_000);
    story.amend(job, { held: true }, NOW + 16_000);
    story.pause(true, NOW + 17_000);
    story.pause(false, NOW + 18_000);
    story.amend(job, { held: false }, NOW + 20_000);
    expect(clock()).toBeGreaterThanOrEqual(0);
    expect(clock()).toBeLessThanOrEqual(6_000);
  });

  it('counts how often others were stopped for a job', () => {
    const story = new QueueStory(aQueue('q', { limit: 1, policy: quotaShares({ P: 1 }) }));
    add(story, { id: 'victim', share: 'P' });
    admitAll(story);
    add(story, { id: 'taker', share: 'P', priority: 9 });
    for (const decision of story.scheduler().settle(NOW).decisions) {
      const victim = decision.kind === 'preempt' ? story.get(decision.victim) : undefined;
      if (decision.kind === 'preempt' && victim?.grant !== undefined)
        story.evicted(victim, victim.grant, decision.for);
    }
    story.released(story.get('victim')!, { preemptions: 1 }, NOW + 5_000);
    const claims = { times: 1, at: NOW + 5_000 };
    expect(story.get('taker')?.claims).toEqual(claims);
    expect(continued(story).look().waiting('taker')?.claims).toEqual(claims);
    admitAll(story);
    expect(continued(story).look().running('taker')?.claims).toEqual(claims);
  });

  it('lets the next run decide as this one would have', () => {
    const story = new QueueStory(aQueue('q', { limit: 3, policy: quotaShares({ P: 2, Q: 1 }) }));
    for (let n = 0; n < 20; n += 1) {
      add(story, {
        id: `job-${n}`,
        share: n % 3 === 0 ? 'P' : 'Q',
        priority: (n * 7) % 5,
        queuedAt: NOW + (n % 4),
      });
    }
    admitAll(story);
    const after = continued(story);
    expect(waiting(after)).toEqual(waiting(story));
    expect(after.look().usage()).toEqual(story.look().usage());
    const late = NOW + 60_000;
    for (const one of [story, after]) one.remove([...one.granted()][0]!, late);
    expect(
      after
        .scheduler()
        .settle(late)
        .decisions.filter(({ kind }) => kind !== 'wait'),
    ).toEqual(
      story
        .scheduler()
        .settle(late)
        .decisions.filter(({ kind }) => kind !== 'wait'),
    );
  });

  const bytes = (story: QueueStory): number =>
    Buffer.byteLength(JSON.stringify({ queue: story.spec, carried: story.carried() }));

  it('is less than 2 MB with 10,000 waiting jobs of sweeps', () => {
    const story = new QueueStory(aQueue('q', { policy: quotaShares({ red: 5, blue: 5 }) }));
    for (let n = 0; n < 10_000; n += 1) {
      add(story, {
        id: `rank-learning-rate-${Math.floor(n / 50)}-${n}`,
        user: `scientist-${n % 40}@example.com`,
        share: n % 2 === 0 ? 'red' : 'blue',
        priority: n % 100,
        queuedAt: NOW + n * 137,
      });
    }
    expect(bytes(story)).toBeLessThan(1_000_000);
  });

  it('is less than 2 MB with 10,000 that have nothing in common, the longest ids and a rest each', () => {
    const story = new QueueStory(aQueue('q', { limit: 100_000 }));
    for (let n = 0; n < 10_000; n += 1) {
      const entry = add(story, {
        id: `${n}-`.padEnd(50, 'x'),
        limitSeconds: 10_000 + n,
        queuedAt: NOW + n * 86_400,
        priority: 9_999,
      });
      story.amend(entry, { notBefore: NOW + 86_400_000 + n }, NOW);
    }
    expect(bytes(story)).toBeLessThan(2_000_000);
  });
});

describe('a change of the queue file', () => {
  const both: QueueSpec['environments'] = [
    { name: 'P4', instanceTypes: ['ml.p4d.24xlarge'], limit: 1 },
    { name: 'P5', instanceTypes: ['ml.p5.48xlarge'], limit: 1 },
  ];

  it('takes away what waiting jobs can no longer get, and gives it back', () => {
    const story = new QueueStory(aQueue('q', { environments: both }));
    add(story, { id: 'p5', placements: [P5] });
    add(story, { id: 'either', placements: [P5, P4D] });
    story.configure(aQueue('q', { limit: 1 }));
    expect(standingOf(story.get('p5')!)).toBe('unplaced');
    expect(waiting(story)).toEqual(['either']);
    story.configure(aQueue('q', { environments: both }));
    expect(waiting(story)).toEqual(['p5', 'either']);
  });

  it('leaves those that run what they have, even without their environment', () => {
    const story = new QueueStory(aQueue('q', { environments: both }));
    add(story, { id: 'p5', placements: [P5] });
    admitAll(story);
    story.configure(aQueue('q', { limit: 1 }));
    expect(story.look().running('p5')).toMatchObject({
      options: [{ environment: 'P5', instances: 1 }],
      option: 0,
    });
    story.released(story.get('p5')!, {}, NOW);
    expect(standingOf(story.get('p5')!)).toBe('unplaced');
  });

  it('puts jobs into the shares that they ask for, if the new policy has some', () => {
    const story = new QueueStory(aQueue('q'));
    add(story, { id: 'red', share: 'red' });
    add(story, { id: 'none' });
    expect(story.get('red')?.share).toBe('default');
    story.configure(aQueue('q', { policy: quotaShares({ red: 5 }) }));
    expect([story.get('red')?.share, story.get('none')?.share]).toEqual(['red', '']);
    expect(waiting(story)).toContain('none');
  });
});

describe('a job that holds a lease of a lost queue', () => {
  it('is counted, keeps its number, and later leases have higher ones', () => {
    const story = new QueueStory(aQueue('q', { limit: 1 }));
    const entry = add(story, { id: 'old', held: true });
    story.hold(entry, { lease: 41, option: entry.options[0]!, startedAt: NOW }, NOW);
    add(story, { id: 'new' });
    expect(story.look().environments()).toMatchObject([{ name: 'P4', used: 1, free: 0 }]);
    admitAll(story);
    expect(story.get('new')?.grant).toBeUndefined();
    story.remove(entry, NOW);
    admitAll(story);
    expect(story.get('new')?.grant?.lease).toBe(42);
  });
});
