/** Any JSON value; what a CreateTrainingJob request is made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * A CreateTrainingJob request in SageMaker's own words, without TrainingJobName (that is Trainyard's). Only the members
 * that Trainyard reads are named; everything else passes through untouched.
 */
export interface TrainingRequest {
  readonly RoleArn: string;
  readonly OutputDataConfig: { readonly S3OutputPath: string; readonly [key: string]: Json };
  readonly ResourceConfig: {
    readonly InstanceType?: string;
    readonly InstanceCount?: number;
    readonly [key: string]: Json | undefined;
  };
  readonly StoppingCondition?: {
    readonly MaxRuntimeInSeconds?: number;
    readonly MaxWaitTimeInSeconds?: number;
    readonly MaxPendingTimeInSeconds?: number;
  };
  readonly CheckpointConfig?: { readonly S3Uri: string; readonly LocalPath?: string };
  readonly EnableManagedSpotTraining?: boolean;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  readonly [key: string]: unknown;
}
