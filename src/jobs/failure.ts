/** Why an attempt (or its launch) failed; docs/design.md §4 says what follows from each. */
export const FAILURE_CLASSES = [
  'capacity',
  'quota',
  'transient',
  'internal',
  'algorithm',
  'request',
  'timeout',
  'stopped',
  'unknown',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

export interface Failure {
  readonly class: FailureClass;
  /** SageMaker's or the user's own text, whitespace-normalised, at most 1,024 characters. */
  readonly message: string;
  /** What to change or to know, one sentence; only where something can be said. */
  readonly advice?: string;
  /** Quota only: this placement can never run here ("not available in this region"). */
  readonly permanent?: boolean;
  /** Quota only: the account's limit in instances, learned from the message. */
  readonly learnedLimit?: { readonly instanceType: string; readonly limit: number; readonly inUse: number };
}
