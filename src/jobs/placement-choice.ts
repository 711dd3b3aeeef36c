import { constraintsInTheWay, type GpuConstraints, justBelow, resolvePlacements } from './compatibility.ts';
import type { Problem } from './job-problem.ts';
import { describePlacement, type Placement } from './placement.ts';
import type { TrainingRequest } from './training-request.ts';

/** More alternatives than this are not a preference any more. */
export const MOST_PLACEMENTS = 20;

type Wanted = { readonly instanceType: string; readonly instanceCount: number } | GpuConstraints;

/**
 * The placements of a job, most preferred first: that of its ResourceConfig, then what `placements` lists, constraints
 * replaced by the instance types that satisfy them; none twice, at most 20.
 */
export function choosePlacements(
  resources: TrainingRequest['ResourceConfig'],
  wanted: readonly Wanted[],
  problems: Problem[],
): Placement[] {
  const label = labelAsWritten(resources);
  if (label !== undefined) return [{ kind: 'asWritten', label }];
  const { InstanceType: instanceType, InstanceCount: instanceCount } = resources;
  const preferred: Placement[] =
    instanceType === undefined || instanceCount === undefined
      ? []
      : [{ kind: 'instances', instanceType, instanceCount }];
  const listed = wanted.flatMap((entry, index) =>
    'gpus' in entry ? satisfying(entry, index, problems) : [{ kind: 'instances', ...entry } as const],
  );
  const byName = new Map<string, Placement>();
  for (const placement of [...preferred, ...listed]) {
    const name = describePlacement(placement);
    if (!byName.has(name)) byName.set(name, placement);
  }
  return [...byName.values()].slice(0, MOST_PLACEMENTS);
}

function satisfying(constraints: GpuConstraints, index: number, problems: Problem[]): Placement[] {
  const path = ['placements', index];
  const candidates = resolvePlacements(constraints);
  const near = justBelow(constraints.minGpuMemoryGiB ?? 0).map(
    (gpu) => `${gpu.gpuModel} (${gpu.gpuMemoryGiB})`,
  );
  if (candidates.length === 0) {
    const inTheWay = constraintsInTheWay(constraints);
    problems.push({
      severity: 'error',
      code: 'JOB_PLACEMENT_IMPOSSIBLE',
      path,
      what: 'no instance type satisfies all of these constraints',
      hint:
        inTheWay.length === 0
          ? 'Even without any single one of them there is none; relax several.'
          : `Relax ${inTheWay.join(' or ')}.`,
    });
  } else if (near.length > 0) {
    problems.push({
      severity: 'warning',
      code: 'JOB_VALUE_INVALID',
      path: [...path, 'minGpuMemoryGiB'],
      what: `${constraints.minGpuMemoryGiB ?? 0} leaves out ${near.join(' and ')}, whose usable memory is less than the marketed size`,
    });
  }
  return candidates.map((candidate) => candidate.placement);
}

const LABEL_LENGTH = 500;

/** For people, what a ResourceConfig asks for in which SageMaker itself decides on the instances. */
function labelAsWritten(resources: TrainingRequest['ResourceConfig']): string | undefined {
  const { InstanceGroups: groups, InstancePreferences: preferences, InstanceCount: count } = resources;
  if (Array.isArray(groups)) return entries(groups, undefined).join(' + ').slice(0, LABEL_LENGTH);
  if (Array.isArray(preferences)) return entries(preferences, count).join(' or ').slice(0, LABEL_LENGTH);
  return undefined;
}

function entries(list: readonly unknown[], count: number | undefined): string[] {
  return list.map((entry) => {
    const { InstanceType, InstanceCount = count } = entry as { InstanceType: string; InstanceCount?: number };
    return `${InstanceCount ?? '?'} × ${InstanceType}`;
  });
}
