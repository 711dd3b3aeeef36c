import { GPU_INSTANCE_TYPES } from './gpu-catalog.ts';

/** CPU types in common use; approximate SageMaker list prices, USD per instance and hour (EC2 × 1.2, us-east-1). */
const CPU_PRICES: Readonly<Record<string, number>> = {
  'ml.t3.medium': 0.05,
  'ml.t3.large': 0.1,
  'ml.t3.xlarge': 0.2,
  'ml.t3.2xlarge': 0.399,
  'ml.m5.large': 0.115,
  'ml.m5.xlarge': 0.23,
  'ml.m5.2xlarge': 0.461,
  'ml.m5.4xlarge': 0.922,
  'ml.m5.12xlarge': 2.765,
  'ml.m5.24xlarge': 5.53,
  'ml.c5.xlarge': 0.204,
  'ml.c5.2xlarge': 0.408,
  'ml.c5.4xlarge': 0.816,
  'ml.c5.9xlarge': 1.836,
  'ml.c5.18xlarge': 3.672,
  'ml.c6i.xlarge': 0.204,
  'ml.c6i.2xlarge': 0.408,
  'ml.c6i.4xlarge': 0.816,
  'ml.c6i.8xlarge': 1.632,
  'ml.c6i.16xlarge': 3.264,
  'ml.r5.large': 0.151,
  'ml.r5.xlarge': 0.302,
  'ml.r5.2xlarge': 0.605,
  'ml.r5.4xlarge': 1.21,
  'ml.r5.12xlarge': 3.629,
  'ml.r5.24xlarge': 7.258,
};

const PRICES = new Map<string, number>([
  ...Object.entries(CPU_PRICES),
  ...GPU_INSTANCE_TYPES.flatMap(({ instanceType, pricePerHour }): [string, number][] =>
    pricePerHour === undefined ? [] : [[instanceType, pricePerHour]],
  ),
]);

export interface Usage {
  readonly instanceType: string;
  readonly instanceCount: number;
  /** BillableTimeInSeconds, which SageMaker counts per instance. */
  readonly billableSeconds: number;
}

/** Approximate cost in USD, to a hundredth of a cent; undefined where no price is known. */
export function approximateCostUsd({
  instanceType,
  instanceCount,
  billableSeconds,
}: Usage): number | undefined {
  const price = PRICES.get(instanceType);
  if (price === undefined) return undefined;
  return Math.round((price * instanceCount * billableSeconds * 10_000) / 3600) / 10_000;
}
