import type { CreateTrainingJobRequest } from '../../../src/local-aws/sagemaker/requests.ts';

/** A request that is valid as it stands: one ml.m5.large, no inputs. */
export function aTrainingRequest(changes: Partial<CreateTrainingJobRequest> = {}): CreateTrainingJobRequest {
  return {
    TrainingJobName: 'job-1',
    RoleArn: 'arn:aws:iam::111122223333:role/training',
    AlgorithmSpecification: { TrainingImage: 'trainer:1', TrainingInputMode: 'File' },
    OutputDataConfig: { S3OutputPath: 's3://bucket/output' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 3_600 },
    ...changes,
  };
}

/** The same as a managed spot training job. */
export function aSpotRequest(changes: Partial<CreateTrainingJobRequest> = {}): CreateTrainingJobRequest {
  return aTrainingRequest({
    EnableManagedSpotTraining: true,
    StoppingCondition: { MaxRuntimeInSeconds: 3_600, MaxWaitTimeInSeconds: 7_200 },
    ...changes,
  });
}
