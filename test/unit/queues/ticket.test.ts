import { describe, expect, it, test } from 'vitest';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import type { QueueSpec } from '../../../src/queues/queue-spec.ts';
import { admitToQueue, optionsOf, type TicketRefusal } from '../../../src/queues/ticket.ts';
import { G6, P4D, P5 } from '../../support/a-job.ts';
import { aQueue, quotaShares } from '../../support/a-queue.ts';

const fifo = aQueue('search', {
  environments: [
    { name: 'P4', instanceTypes: ['ml.p4d.24xlarge', 'ml.p4de.24xlarge'], limit: 4 },
    { name: 'P5', instanceTypes: ['ml.p5.48xlarge'], limit: 2 },
  ],
});
const fair: QueueSpec['policy'] = {
  kind: 'fairShare',
  shareDecaySeconds: 600,
  computeReservation: 0,
  shares: [
    { name: 'prod', weightFactor: 10_000 },
    { name: 'team-*', weightFactor: 10_000 },
  ],
};
const quota: QueueSpec['policy'] = {
  ...(quotaShares({ red: 2, blue: 2 }) as Extract<QueueSpec['policy'], { kind: 'quotaShare' }>),
  groups: [{ name: 'colours', weight: 10_000, quota: {} }],
};

const p4 = (instanceCount: number): JobSpec['placements'][0] =>
  ({ ...P4D, instanceCount }) as JobSpec['placements'][0];
const job = (
  share: string | undefined,
  ...placements: [JobSpec['placements'][0], ...JobSpec['placements'][0][]]
) => ({
  jobId: 'j',
  placements,
  ...(share === undefined ? {} : { share }),
});

describe('a job that fits', () => {
  it('gets its placements in its own order, as far as the queue has them', () => {
    expect(admitToQueue(job(undefined, P5, G6, p4(2)), fifo)).toEqual({
      ok: true,
      share: 'default',
      options: [
        { environment: 'P5', instances: 1, placement: 0 },
        { environment: 'P4', instances: 2, placement: 2 },
      ],
    });
  });

  it('needs to fit with one placement only', () => {
    expect(admitToQueue(job(undefined, p4(5), P5), fifo)).toMatchObject({ ok: true });
  });

  it('loses the placements that can never run', () => {
    expect(optionsOf([P5, p4(2)], fifo, [0])).toEqual([{ environment: 'P4', instances: 2, placement: 1 }]);
  });
});

test.each([
  ['fifo has one share, whatever the job says', fifo.policy, 'anything', 'default'],
  ['fairShare knows a share by its name', fair, 'prod', 'prod'],
  ['fairShare knows a share by its wildcard, each on its own', fair, 'team-ana', 'team-ana'],
  ['quotaShare knows a share by its name', quota, 'red', 'red'],
])('%s', (_name, policy, asked, share) => {
  expect(admitToQueue(job(asked, P4D), { ...fifo, policy })).toMatchObject({ ok: true, share });
});

const refusals: Record<string, [QueueSpec['policy'], ReturnType<typeof job>, TicketRefusal, RegExp]> = {
  'fairShare needs a share': [fair, job(undefined, P4D), 'SHARE_MISSING', /names no share.*prod, team-\*/],
  'quotaShare needs a share': [quota, job(undefined, P4D), 'SHARE_MISSING', /red, blue/],
  'a share that nobody set up is refused': [
    fair,
    job('other', P4D),
    'SHARE_NOT_FOUND',
    /other.*does not have/,
  ],
  'a group is no share': [quota, job('colours', P4D), 'SHARE_NOT_FOUND', /a group of shares/],
  'an instance type of no environment is refused': [
    fifo.policy,
    job(undefined, G6),
    'PLACEMENT_NOT_IN_QUEUE',
    /1 × ml\.g6\.48xlarge.*ml\.p4d/,
  ],
  'what SageMaker chooses cannot be counted': [
    fifo.policy,
    job(undefined, { kind: 'asWritten', label: 'p4d or p5' }),
    'PLACEMENT_NOT_IN_QUEUE',
    /cannot count them/,
  ],
  'a job that is larger than every environment can never start': [
    fifo.policy,
    job(undefined, p4(9)),
    'NEVER_FITS',
    /can never start in queue search.*limit of 4/,
  ],
};
test.each(Object.entries(refusals))('%s', (_name, [policy, asked, code, message]) => {
  const ticket = admitToQueue(asked, { ...fifo, policy });
  expect(ticket).toMatchObject({ ok: false, code });
  expect(ticket.ok ? '' : ticket.message).toMatch(message);
});
