import type { ProblemCode } from '../../../src/jobs/job-problem.ts';

export interface BadJobFile {
  readonly text: string;
  readonly wantCode: ProblemCode;
  readonly wantPath: string;
  readonly wantLine: number;
  /** In the printed problem. */
  readonly wantText: string;
}

/** A job file with everything that most jobs have. Bad files are this one with a line changed. */
export const GOOD_JOB_FILE = `# yaml-language-server: $schema=../schemas/job.schema.json
jobId: rank-lr-3
queue: search
share: ProdExp1
priority: 50
user: ana@example.com
training:
  AlgorithmSpecification:
    TrainingImage: 763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8-gpu
    TrainingInputMode: File
  RoleArn: arn:aws:iam::111122223333:role/trainer
  OutputDataConfig: { S3OutputPath: s3://models/rank-lr }
  ResourceConfig: { InstanceType: ml.p4d.24xlarge, InstanceCount: 1, VolumeSizeInGB: 100 }
  StoppingCondition: { MaxRuntimeInSeconds: 7200 }
  CheckpointConfig: { S3Uri: s3://models/checkpoints/rank-lr }
  HyperParameters: { epochs: "3", lr: "1e-3" }
  InputDataConfig:
    - ChannelName: train
      DataSource: { S3DataSource: { S3DataType: S3Prefix, S3Uri: s3://data/train } }
  Tags: [{ Key: team, Value: search }]
placements:
  - { instanceType: ml.p5.48xlarge, instanceCount: 1 }
retry: { attempts: 3 }
timeLimits: { totalSeconds: 86400 }
notify:
  topicArn: arn:aws:sns:us-east-1:111122223333:jobs
  on: [SUCCEEDED, FAILED]
`;

/** The good file with one piece of its text replaced. */
export function withChange(from: string, to: string): string {
  if (!GOOD_JOB_FILE.includes(from)) throw new Error(`The good job file has no ${JSON.stringify(from)}.`);
  return GOOD_JOB_FILE.replace(from, () => to);
}

/** The smallest job file, of five lines. */
export const SMALLEST_JOB_FILE = `training:
  AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: File }
  RoleArn: arn:aws:iam::111122223333:role/trainer
  OutputDataConfig: { S3OutputPath: s3://models/out }
  ResourceConfig: { InstanceType: ml.m5.xlarge, InstanceCount: 1 }
`;
