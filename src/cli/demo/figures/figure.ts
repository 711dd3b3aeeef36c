import type { JobView } from '../../../jobs/view.ts';
import type { Verdict } from '../evidence.ts';
import type { SageMakerRecord } from './record.ts';

/** A job of a figure: examples/figures/job.yaml with these values. */
export interface Role {
  readonly jobId: string;
  readonly queue: string;
  readonly share?: string;
  readonly priority?: number;
  readonly user: string;
  readonly instanceType: string;
  readonly instances: number;
  /** Seconds that it trains: an epoch is one second. */
  readonly seconds: number;
}

/** Jobs that are submitted together, when their moment is seen to have come. Moments are seen, not timed. */
export interface Scene {
  readonly says: string;
  /** Absent: at once. */
  readonly when?: (known: ReadonlyMap<string, JobView>) => boolean;
  readonly jobs: readonly Role[];
}

export interface Claim {
  readonly says: string;
  /** Looks at nothing but what SageMaker recorded. */
  readonly check: (record: SageMakerRecord) => Verdict;
}

/** One of the brief's pictures, played with real training processes and checked afterwards. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  /** Files of examples/figures. */
  readonly queues: readonly string[];
  /** What the account has for it. */
  readonly instances: Readonly<Record<string, number>>;
  readonly scenes: readonly Scene[];
  readonly claims: readonly Claim[];
}

/** Whether all these jobs are known to be in the status. */
export function all(status: JobView['status'], ...jobIds: readonly string[]): NonNullable<Scene['when']> {
  return (known) => jobIds.every((jobId) => known.get(jobId)?.status === status);
}
