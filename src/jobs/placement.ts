/**
 * One way to run a job. `instances` overrides ResourceConfig's InstanceType and InstanceCount; `asWritten` launches
 * the ResourceConfig untouched, for what SageMaker itself decides (InstanceGroups, InstancePreferences).
 */
export type Placement =
  | { readonly kind: 'instances'; readonly instanceType: string; readonly instanceCount: number }
  | { readonly kind: 'asWritten'; readonly label: string };

/** For people: `2 × ml.p4d.24xlarge`. */
export function describePlacement(placement: Placement): string {
  switch (placement.kind) {
    case 'instances':
      return `${placement.instanceCount} × ${placement.instanceType}`;
    case 'asWritten':
      return placement.label;
  }
}
