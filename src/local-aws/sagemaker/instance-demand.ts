import type { InstanceRequest } from './job.ts';
import type { CreateTrainingJobRequest } from './requests.ts';

/** The instances that a request asks for: ways of running it, best first. A way is a gang: all of it or nothing. */
export function instanceDemand(request: CreateTrainingJobRequest): readonly (readonly InstanceRequest[])[] {
  const {
    InstanceType,
    InstanceCount = 0,
    InstanceGroups,
    InstancePreferences,
  } = request.ResourceConfig ?? {};
  if (InstancePreferences !== undefined) {
    return InstancePreferences.map((preference) => [
      { instanceType: preference.InstanceType, count: preference.InstanceCount ?? InstanceCount },
    ]);
  }
  if (InstanceGroups !== undefined && InstanceGroups.length > 0) {
    return [
      InstanceGroups.map((group) => ({
        instanceType: group.InstanceType,
        count: group.InstanceCount,
        group: group.InstanceGroupName,
      })),
    ];
  }
  return InstanceType === undefined ? [] : [[{ instanceType: InstanceType, count: InstanceCount }]];
}

/** MaxPendingTimeInSeconds and waiting for capacity exist for the ml.p, ml.g and ml.trn families only. */
export function isAccelerated(instanceType: string): boolean {
  return /^ml\.(p|g|trn)\d/.test(instanceType);
}

/** Instances per type. */
export function totals(instances: readonly InstanceRequest[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { instanceType, count } of instances)
    sums.set(instanceType, (sums.get(instanceType) ?? 0) + count);
  return sums;
}
