import type { Failure } from './failure.ts';

export interface QuotaNumbers {
  /** `ml.p3.2xlarge for training job usage`, `training-job/ml.p2.xlarge`. */
  readonly quota: string;
  /** Only when the quota is the one of on-demand training on an instance type. */
  readonly instanceType?: string;
  readonly limit: number;
  readonly inUse: number;
  readonly requested: number;
}

/**
 * `The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with current utilization of
 * 0 Instances and a request delta of 1 Instances.`, or the older form without quotes. Utilization can exceed the limit.
 */
const NUMBERS =
  /service limit (?:for )?'?(?<quota>[^']+?)'? is (?<limit>[\d,]+) Instances?, with current utilization of (?<inUse>[\d,]+) Instances? and a request delta of (?<requested>[\d,]+) Instances?/i;
/** Spot and warm pool quotas of the same type are other quotas, so they are not matched. */
const TRAINING = [/^(ml\.[a-z0-9.-]+) for training job usage$/i, /^training-job\/(ml\.[a-z0-9.-]+)$/i];

export function parseQuotaMessage(message: string): QuotaNumbers | undefined {
  const found = NUMBERS.exec(message.replace(/\s+/g, ' '))?.groups;
  const { quota, limit, inUse, requested } = found ?? {};
  if (quota === undefined || limit === undefined || inUse === undefined || requested === undefined)
    return undefined;
  const instanceType = TRAINING.map((form) => form.exec(quota)?.[1]).find((type) => type !== undefined);
  return {
    quota,
    ...(instanceType === undefined ? {} : { instanceType }),
    limit: integer(limit),
    inUse: integer(inUse),
    requested: integer(requested),
  };
}

export function learnedLimit(numbers: QuotaNumbers): Failure['learnedLimit'] {
  const { instanceType, limit, inUse } = numbers;
  return instanceType === undefined ? undefined : { instanceType, limit, inUse };
}

/** A request above the whole limit can never fit, however long it waits. */
export function quotaAdvice({ quota, limit, requested }: QuotaNumbers): string {
  return requested > limit
    ? `The job can only run after the quota "${quota}" is raised to at least ${requested} in the Service Quotas console; or list other placements.`
    : `The job waits until others release instances; raise the quota "${quota}" in the Service Quotas console to wait less.`;
}

const integer = (digits: string): number => Number(digits.replaceAll(',', ''));
