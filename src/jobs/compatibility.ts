import { GPU_INSTANCE_TYPES, type GpuInstanceType } from './gpu-catalog.ts';
import type { Placement } from './placement.ts';

/** What a job needs instead of a list of instance types. */
export interface GpuConstraints {
  /** GPUs in total, over all instances. */
  readonly gpus: number;
  /** Per GPU, as EC2 reports it (22.4 for A10G and L4, 44.7 for L40S). (Default: any) */
  readonly minGpuMemoryGiB?: number;
  /** 1 for training code that cannot span instances. (Default: as many as it takes) */
  readonly maxInstances?: number;
  /** EFA on every instance: `true` always, `false` never asked for. (Default: when there are several instances) */
  readonly efa?: boolean;
  /** `A100`, `H100`, ... Trainium only when it is named here. (Default: every CUDA GPU) */
  readonly gpuModels?: readonly string[];
  /** `p4d`, `g6e`, ... (Default: all) */
  readonly families?: readonly string[];
  /** All GPUs of an instance connected by NVLink. (Default: false) */
  readonly nvlink?: boolean;
  /** Families or instance types that are not wanted. */
  readonly exclude?: readonly string[];
  /** USD for all instances together; types without a known price are left out. (Default: any) */
  readonly maxPricePerHour?: number;
}

export interface Candidate {
  readonly placement: Placement & { readonly kind: 'instances' };
  readonly type: GpuInstanceType;
  /** USD for all instances together; absent where no price is known. */
  readonly pricePerHour?: number;
}

/**
 * The placements that satisfy the constraints, the cheapest first (unknown prices last), then with the fewest
 * instances, then by name.
 *
 * A type can stand in when each of its GPUs has the memory and the number of its GPUs divides the number needed, so that
 * none is wasted and every instance is alike. Several instances want EFA. Of the sizes of a family with equally many
 * GPUs only the cheapest counts: they compete for the same hardware.
 */
export function resolvePlacements(constraints: GpuConstraints): Candidate[] {
  const best = new Map<string, Candidate>();
  for (const type of GPU_INSTANCE_TYPES) {
    const candidate = asCandidate(type, constraints);
    if (candidate === undefined) continue;
    const key = `${type.family}/${type.gpus}`;
    const rival = best.get(key);
    if (rival === undefined || compare(candidate, rival) < 0) best.set(key, candidate);
  }
  return [...best.values()].sort(compare);
}

function asCandidate(type: GpuInstanceType, constraints: GpuConstraints): Candidate | undefined {
  const { gpus, gpuModels, families, exclude = [] } = constraints;
  if (gpus % type.gpus !== 0) return undefined;
  const instanceCount = gpus / type.gpus;
  const { efa = instanceCount > 1 } = constraints;
  const pricePerHour = type.pricePerHour === undefined ? undefined : cents(type.pricePerHour * instanceCount);
  const suits =
    type.gpuMemoryGiB >= (constraints.minGpuMemoryGiB ?? 0) &&
    instanceCount <= (constraints.maxInstances ?? Infinity) &&
    (!efa || type.efa > 0) &&
    (gpuModels === undefined ? type.cuda : gpuModels.includes(type.gpuModel)) &&
    (families === undefined || families.includes(type.family)) &&
    (constraints.nvlink !== true || type.nvlink || gpus === 1) &&
    !exclude.includes(type.family) &&
    !exclude.includes(type.instanceType) &&
    (constraints.maxPricePerHour === undefined ||
      (pricePerHour !== undefined && pricePerHour <= constraints.maxPricePerHour));
  if (!suits) return undefined;
  return {
    placement: { kind: 'instances', instanceType: type.instanceType, instanceCount },
    type,
    ...(pricePerHour === undefined ? {} : { pricePerHour }),
  };
}

function compare(a: Candidate, b: Candidate): number {
  const [priceA, priceB] = [a.pricePerHour ?? Infinity, b.pricePerHour ?? Infinity];
  if (priceA !== priceB) return priceA < priceB ? -1 : 1;
  const [countA, countB] = [a.placement.instanceCount, b.placement.instanceCount];
  if (countA !== countB) return countA - countB;
  const [nameA, nameB] = [a.placement.instanceType, b.placement.instanceType];
  return nameA < nameB ? -1 : nameA > nameB ? 1 : 0;
}

const cents = (usd: number): number => Math.round(usd * 100) / 100;

const OPTIONAL = [
  'minGpuMemoryGiB',
  'maxInstances',
  'efa',
  'gpuModels',
  'families',
  'nvlink',
  'exclude',
  'maxPricePerHour',
] as const;

/** Which single constraint, dropped, would leave something: what to say when nothing satisfies them all. */
export function constraintsInTheWay(constraints: GpuConstraints): (keyof GpuConstraints)[] {
  const given = OPTIONAL.filter((key) => constraints[key] !== undefined);
  const inTheWay = given.filter((key) => {
    const others = { ...constraints };
    Reflect.deleteProperty(others, key);
    return resolvePlacements(others).length > 0;
  });
  return inTheWay.length === 0 && resolvePlacements({ gpus: constraints.gpus }).length === 0
    ? ['gpus']
    : inTheWay;
}

/**
 * GPU models whose memory lies just under the one asked for, by at most a tenth: those that a marketed size ("24 GB")
 * leaves out by accident.
 */
export function justBelow(
  minGpuMemoryGiB: number,
): { readonly gpuModel: string; readonly gpuMemoryGiB: number }[] {
  const models = new Map(GPU_INSTANCE_TYPES.map((type) => [`${type.gpuModel} ${type.gpuMemoryGiB}`, type]));
  return [...models.values()]
    .filter(({ gpuMemoryGiB }) => gpuMemoryGiB < minGpuMemoryGiB && gpuMemoryGiB >= minGpuMemoryGiB * 0.9)
    .map(({ gpuModel, gpuMemoryGiB }) => ({ gpuModel, gpuMemoryGiB }));
}
