import { z } from 'zod';
import { closed, list, oneOf, text, unfrozen, wholeNumber } from '../jobs/schema-parts.ts';

/*
 * The form of a QueueSpec, so that what resolveQueue made can be handed in again, and so that a queue which somebody
 * starts by hand is checked. People do not write it; numbers are bounded where the queue file bounds them.
 */

const count = () => wholeNumber(0, Number.MAX_SAFE_INTEGER);
const name = () => text('1-255 characters', { max: 255 });
const weight = () => wholeNumber(1, 9_999_999, 'ten-thousandths');

const quota = () =>
  z.record(
    name(),
    closed({
      guaranteed: count(),
      borrowLimit: count().exactOptional(),
      lendLimit: count().exactOptional(),
    }),
  );

const share = closed({
  name: name(),
  parent: name().exactOptional(),
  weight: weight(),
  quota: quota(),
  preemption: closed({
    inShare: oneOf(['never', 'lower', 'lowerOrNewerEqual', 'any']),
    reclaim: oneOf(['never', 'lower', 'any']),
    whileBorrowing: closed({ maxPriority: count().exactOptional() }).exactOptional(),
  }),
  fallback: closed({
    ifBorrowing: oneOf(['stop', 'next']),
    ifPreempting: oneOf(['stop', 'next']),
    prefer: oneOf(['borrow', 'preempt']),
  }),
});

const group = closed({ name: name(), parent: name().exactOptional(), weight: weight(), quota: quota() });

const kinds = { error: 'fifo, fairShare or quotaShare' };
const policy = z.discriminatedUnion(
  'kind',
  [
    closed({ kind: z.literal('fifo') }),
    closed({
      kind: z.literal('fairShare'),
      shareDecaySeconds: count(),
      computeReservation: wholeNumber(0, 99, 'percent'),
      shares: list(closed({ name: name(), weightFactor: weight() }), 1, 1_000),
    }),
    closed({
      kind: z.literal('quotaShare'),
      order: oneOf(['priority', 'fairShare']),
      fairRules: list(oneOf(['final', 'initial']), 1, 2),
      groups: list(group, 0, 200),
      shares: list(share, 1, 1_000),
    }),
  ],
  kinds,
);

export const queueSpecSchema = unfrozen(
  closed({
    specVersion: z.literal(1, { error: '1' }),
    name: text('1-128 letters, digits, hyphens and underscores', {
      max: 128,
      pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/,
    }),
    environments: list(closed({ name: name(), instanceTypes: list(name(), 1, 300), limit: count() }), 1, 50),
    policy,
    reservation: closed({ afterSeconds: count() }).exactOptional(),
    preemptionLimits: closed({ minimumRuntimeSeconds: count(), perJob: count().exactOptional() }),
    runnableTimeLimits: list(
      closed({
        reason: oneOf(['CAPACITY', 'MISCONFIGURATION', 'ANY']),
        maxTimeSeconds: wholeNumber(1, 2_592_000),
      }),
      0,
      3,
    ),
    maxWaiting: wholeNumber(1, 10_000, 'jobs'),
  }),
);
