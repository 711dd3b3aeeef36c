import { z } from 'zod';

/** The members of a CreateTrainingJob request that a container host reads; the control plane validated them before. */
const s3DataSource = z.object({
  S3DataType: z.string(),
  S3Uri: z.string(),
  S3DataDistributionType: z.string().optional(),
  InstanceGroupNames: z.array(z.string()).optional(),
});

const channel = z.object({
  ChannelName: z.string(),
  ContentType: z.string().optional(),
  RecordWrapperType: z.string().optional(),
  InputMode: z.string().optional(),
  DataSource: z.object({ S3DataSource: s3DataSource.optional() }),
});

const trainingRequest = z.object({
  RoleArn: z.string().default(''),
  AlgorithmSpecification: z
    .object({
      TrainingImage: z.string().optional(),
      AlgorithmName: z.string().optional(),
      TrainingInputMode: z.string().default('File'),
      ContainerEntrypoint: z.array(z.string()).default([]),
      ContainerArguments: z.array(z.string()).default([]),
    })
    .default({ TrainingInputMode: 'File', ContainerEntrypoint: [], ContainerArguments: [] }),
  HyperParameters: z.record(z.string(), z.coerce.string()).default({}),
  Environment: z.record(z.string(), z.coerce.string()).default({}),
  InputDataConfig: z.array(channel).default([]),
  OutputDataConfig: z.object({ S3OutputPath: z.string(), CompressionType: z.string().default('GZIP') }),
  CheckpointConfig: z.object({ S3Uri: z.string(), LocalPath: z.string().optional() }).optional(),
});

export type TrainingRequest = z.infer<typeof trainingRequest>;
export type Channel = z.infer<typeof channel>;
export type S3DataSource = z.infer<typeof s3DataSource>;

export function readTrainingRequest(request: Readonly<Record<string, unknown>>): TrainingRequest {
  return trainingRequest.parse(request);
}

/**
 * What the user asked for cannot be done; `message` becomes FailureReason after `ClientError: `.
 * It is SageMaker's class for what the caller has to change.
 */
export class ClientError extends Error {
  override readonly name = 'ClientError';
}
