import { z } from 'zod';
import { unfrozen } from '../jobs/schema-parts.ts';
import { TERMINAL_STATUSES } from '../jobs/status.ts';
import type {
  CapacityNews,
  EnqueueRequest,
  EnvironmentRequest,
  ExplainRequest,
  JobChange,
  ReleaseRequest,
  WithdrawRequest,
} from './queue-contract.ts';
import type { SnapshotRequest } from '../queues/queue-view.ts';

/*
 * Messages come from anybody, the Web UI's free-form input included: shapes are checked, not believed. Unknown members are let
 * pass, so that jobs and clients of a later release can say more.
 */

const id = z.string().min(1).max(50);
const name = z.string().min(1).max(255);
const whole = z.int().min(0);
const priority = z.int().min(0).max(9999);
const time = z.number().min(0);

const instances = z.object({
  kind: z.literal('instances'),
  instanceType: name,
  instanceCount: z.int().min(1).max(10_000),
});
const placement = z.discriminatedUnion('kind', [
  instances,
  z.object({ kind: z.literal('asWritten'), label: z.string().max(1_000) }),
]);
const removed = z.array(whole).max(100);

export const enqueueRequest = unfrozen<z.ZodType<EnqueueRequest>>(
  z.object({
    job: z.object({
      jobId: id,
      share: name.exactOptional(),
      user: name.exactOptional(),
      priority,
      placements: z.tuple([placement], placement),
    }),
    queuedAt: time,
    held: z.boolean(),
    preemptions: whole,
    limitSeconds: z.number().positive().exactOptional(),
    checkpointSeconds: z.number().positive().exactOptional(),
    removed,
    notBefore: time.exactOptional(),
    holds: z.object({ number: z.int().min(1), placement }).exactOptional(),
    heldSince: time.exactOptional(),
    newestLease: z.int().min(1).exactOptional(),
  }),
);

export const releaseRequest = unfrozen<z.ZodType<ReleaseRequest>>(
  z.object({
    jobId: id,
    lease: z.int().min(1),
    outcome: z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('ended'),
        status: z.enum(TERMINAL_STATUSES),
        ranSeconds: z.number().min(0),
      }),
      z.object({
        kind: z.literal('again'),
        why: z.enum(['capacity', 'quota', 'failed', 'preempted', 'unused']),
        notBefore: time.exactOptional(),
        removed,
        learnedLimit: z.object({ instanceType: name, limit: whole, inUse: whole }).exactOptional(),
      }),
    ]),
  }),
);

export const jobChange = unfrozen<z.ZodType<JobChange>>(
  z.object({
    jobId: id,
    priority: priority.exactOptional(),
    held: z.boolean().exactOptional(),
    instancesAcquired: z.object({ lease: z.int().min(1) }).exactOptional(),
  }),
);

export const withdrawRequest = unfrozen<z.ZodType<WithdrawRequest>>(
  z.object({
    jobId: id,
    lease: z.int().min(1).exactOptional(),
  }),
);

export const capacityNews = unfrozen<z.ZodType<CapacityNews>>(
  z.object({
    instanceType: name,
    outUntil: time.exactOptional(),
    learnedLimit: whole.exactOptional(),
  }),
);

export const environmentRequest = unfrozen<z.ZodType<EnvironmentRequest>>(z.object({ environment: name }));

export const snapshotRequest = unfrozen<z.ZodType<SnapshotRequest>>(
  z.object({
    offset: whole.exactOptional(),
    limit: whole.exactOptional(),
    share: name.exactOptional(),
    at: whole.exactOptional(),
  }),
);

export const explainRequest = unfrozen<z.ZodType<ExplainRequest>>(
  z.object({
    jobId: id,
    whatIf: z.object({ priority: priority.exactOptional(), share: name.exactOptional() }).exactOptional(),
    estimate: z.boolean().exactOptional(),
    at: whole.exactOptional(),
  }),
);

/** Of a submission only what can be said of it as a whole; each job is validated by itself. */
export const submission = unfrozen<
  z.ZodType<{
    readonly jobs: readonly unknown[];
    readonly specHashes?: readonly string[];
    readonly submittedAt: number;
  }>
>(
  z.object({
    jobs: z.array(z.unknown()).max(100),
    specHashes: z.array(z.string().max(128)).max(100).exactOptional(),
    submittedAt: time,
  }),
);
