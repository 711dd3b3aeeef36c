import { z } from 'zod';

const selection = {
  /** Only to recognise a fault and to remove it. (Default: given by the endpoint) */
  id: z.string().min(1).max(64).optional(),
  /** Glob of training job names. Requests that name no training job match only `*`. (Default: `*`) */
  job: z.string().min(1).max(128).default('*'),
  /** How often it happens, then never again. (Default: without limit) */
  times: z.int().min(1).optional(),
  /** Matches that pass unharmed before the first time. (Default: 0) */
  skip: z.int().min(0).default(0),
  /** Chance of each match, from the endpoint's seeded generator. (Default: 1) */
  probability: z.number().min(0).max(1).default(1),
};

/** Glob of operation names: `CreateTrainingJob`, `List*`, `Publish`. (Default: `*`) */
const operation = z.string().min(1).max(128).default('*');
const seconds = z.number().min(0).max(86_400);

/** Something that goes wrong. The first five hit requests, the others the life of a training job. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** ThrottlingException, "Rate exceeded". */
  z.strictObject({ kind: z.literal('throttle'), operation, ...selection }),
  /** Any error answer. (Default: 500 InternalFailure) */
  z.strictObject({
    kind: z.literal('error'),
    operation,
    status: z.int().min(400).max(599).default(500),
    code: z.string().min(1).max(128).default('InternalFailure'),
    message: z.string().max(1024).default('We encountered an internal error. Please try again.'),
    ...selection,
  }),
  /** The operation is carried out and stored, then the connection is reset instead of an answer. */
  z.strictObject({ kind: z.literal('lostAnswer'), operation, ...selection }),
  /** The connection is reset before the operation is looked at. */
  z.strictObject({ kind: z.literal('lostRequest'), operation, ...selection }),
  /** The operation is carried out, and answered so much later. */
  z.strictObject({ kind: z.literal('slow'), operation, seconds, ...selection }),
  /** The training job fails with InternalServerError after so much training. */
  z.strictObject({ kind: z.literal('internalError'), afterSeconds: seconds.default(0), ...selection }),
  /** The training job finds no capacity and fails with CapacityError after so much waiting. */
  z.strictObject({ kind: z.literal('capacityError'), afterSeconds: seconds.default(0), ...selection }),
  /** The instances of a spot training job are taken away after so much training; once per run of it. */
  z.strictObject({ kind: z.literal('spotInterruption'), afterSeconds: seconds.default(0), ...selection }),
]);

export type Fault = z.output<typeof faultSchema>;
export type JobFault = Extract<Fault, { kind: 'internalError' | 'capacityError' | 'spotInterruption' }>;
export type RequestFault = Exclude<Fault, JobFault>;

export function isRequestFault(fault: Fault): fault is RequestFault {
  return 'operation' in fault;
}
