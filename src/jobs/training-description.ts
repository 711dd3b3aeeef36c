/** What SageMaker says about one training job, reduced to what Trainyard uses. Times are epoch milliseconds. */
export interface TrainingDescription {
  readonly name: string;
  readonly arn: string;
  /** InProgress, Completed, Failed, Stopping, Stopped, Deleting, or what AWS adds later. */
  readonly status: string;
  readonly secondaryStatus?: string;
  /** The message of the newest secondary status transition. */
  readonly statusMessage?: string;
  readonly failureReason?: string;
  readonly createdAt: number;
  readonly lastModifiedAt?: number;
  /** Absent until instances run, and possibly absent on failed jobs. */
  readonly trainingStartedAt?: number;
  readonly trainingEndedAt?: number;
  readonly trainingSeconds?: number;
  readonly billableSeconds?: number;
  /** What was launched: SelectedInstanceType where SageMaker chose. */
  readonly instanceType?: string;
  readonly instanceCount?: number;
  readonly modelUri?: string;
  readonly metrics: readonly { readonly name: string; readonly value: number }[];
  /** How often spot capacity was taken away so far. */
  readonly interruptions: number;
  readonly maxPendingSeconds?: number;
}

export function isTrainingOver(status: string): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Stopped' || status === 'Deleting';
}
