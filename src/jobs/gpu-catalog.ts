/**
 * The instance types that GPU training runs on, with what decides whether one can stand in for another.
 *
 * Sources: hardware and EFA of karpenter-provider-aws @ 1d927085, `instance-types.md` (generated from EC2's
 * DescribeInstanceTypes); EC2 prices of the same repository (us-east-1, 2026-07-20); SageMaker prices of the AWS Price
 * List (us-west-2, 2026-09-01) where quoted, otherwise EC2 × 1.40 for `.xlarge`, × 1.25 for other g and p3 sizes and
 * × 1.15 for p3dn, p4d and later. g4dn sizes between .xlarge and .12xlarge, NVLink and CPU prices are general knowledge.
 * The price of the training component itself is not published in one place: every price here is approximate.
 */
export interface GpuInstanceType {
  readonly instanceType: string;
  readonly family: string;
  readonly gpuModel: string;
  readonly gpus: number;
  /**
   * Per GPU, as EC2 reports it, rounded to one decimal. It is less than the marketed size: a "24 GB" A10G or L4 has 22.4,
   * a "48 GB" L40S has 44.7.
   */
  readonly gpuMemoryGiB: number;
  readonly vCpus: number;
  readonly memoryGiB: number;
  /** Number of EFA network interfaces; several instances that train together want at least one each. */
  readonly efa: number;
  /** Whether the GPUs of one instance are connected by NVLink. False where there is only one. */
  readonly nvlink: boolean;
  /** False for Trainium, which does not run CUDA code. */
  readonly cuda: boolean;
  /** Approximate SageMaker list price in USD per instance and hour; absent where none is known. */
  readonly pricePerHour?: number;
}

interface Family {
  readonly family: string;
  readonly gpuModel: string;
  readonly gpuMemoryMiB: number;
  readonly nvlink?: true;
  readonly cuda?: false;
  /** Size, GPUs, vCPUs, RAM GiB, EFA interfaces, USD per hour. */
  readonly sizes: readonly (readonly [string, number, number, number, number, number?])[];
}

const FAMILIES: readonly Family[] = [
  {
    family: 'g4dn',
    gpuModel: 'T4',
    gpuMemoryMiB: 16_384,
    sizes: [
      ['xlarge', 1, 4, 16, 0, 0.736],
      ['2xlarge', 1, 8, 32, 0, 0.94],
      ['4xlarge', 1, 16, 64, 0, 1.505],
      ['8xlarge', 1, 32, 128, 1, 2.72],
      ['12xlarge', 4, 48, 192, 1, 4.89],
      ['16xlarge', 1, 64, 256, 1, 5.44],
    ],
  },
  {
    family: 'p3',
    gpuModel: 'V100',
    gpuMemoryMiB: 16_384,
    nvlink: true,
    sizes: [
      ['2xlarge', 1, 8, 61, 0, 3.83],
      ['8xlarge', 4, 32, 244, 0, 15.3],
      ['16xlarge', 8, 64, 488, 0, 30.6],
    ],
  },
  {
    family: 'p3dn',
    gpuModel: 'V100',
    gpuMemoryMiB: 32_768,
    nvlink: true,
    sizes: [['24xlarge', 8, 96, 768, 1, 35.9]],
  },
  {
    family: 'g5',
    gpuModel: 'A10G',
    gpuMemoryMiB: 22_888,
    sizes: [
      ['xlarge', 1, 4, 16, 0, 1.41],
      ['2xlarge', 1, 8, 32, 0, 1.52],
      ['4xlarge', 1, 16, 64, 0, 2.03],
      ['8xlarge', 1, 32, 128, 1, 3.06],
      ['12xlarge', 4, 48, 192, 1, 7.09],
      ['16xlarge', 1, 64, 256, 1, 5.12],
      ['24xlarge', 4, 96, 384, 1, 10.18],
      ['48xlarge', 8, 192, 768, 1, 20.36],
    ],
  },
  {
    family: 'g6',
    gpuModel: 'L4',
    gpuMemoryMiB: 22_888,
    sizes: [
      ['xlarge', 1, 4, 16, 0, 1.127],
      ['2xlarge', 1, 8, 32, 0, 1.222],
      ['4xlarge', 1, 16, 64, 0, 1.654],
      ['8xlarge', 1, 32, 128, 1, 2.52],
      ['12xlarge', 4, 48, 192, 1, 5.752],
      ['16xlarge', 1, 64, 256, 1, 4.25],
      ['24xlarge', 4, 96, 384, 1, 8.344],
      ['48xlarge', 8, 192, 768, 1, 16.688],
    ],
  },
  {
    family: 'g6e',
    gpuModel: 'L40S',
    gpuMemoryMiB: 45_776,
    sizes: [
      ['xlarge', 1, 4, 32, 0, 2.61],
      ['2xlarge', 1, 8, 64, 0, 2.8],
      ['4xlarge', 1, 16, 128, 0, 3.76],
      ['8xlarge', 1, 32, 256, 1, 5.66],
      ['12xlarge', 4, 48, 384, 1, 13.1],
      ['16xlarge', 1, 64, 512, 1, 9.47],
      ['24xlarge', 4, 96, 768, 2, 18.8],
      ['48xlarge', 8, 192, 1536, 4, 37.7],
    ],
  },
  {
    family: 'g7',
    gpuModel: 'RTX PRO 4500',
    gpuMemoryMiB: 32_768,
    sizes: [
      ['2xlarge', 1, 8, 32, 0, 3.15],
      ['4xlarge', 1, 16, 64, 0, 3.8],
      ['8xlarge', 1, 32, 128, 1, 5.11],
      ['12xlarge', 2, 48, 192, 1, 8.91],
      ['24xlarge', 4, 96, 384, 1, 17.82],
      ['48xlarge', 8, 192, 768, 2, 35.64],
    ],
  },
  {
    family: 'g7e',
    gpuModel: 'RTX PRO 6000',
    gpuMemoryMiB: 98_304,
    sizes: [
      ['2xlarge', 1, 8, 64, 0, 4.204],
      ['4xlarge', 1, 16, 128, 0, 4.998],
      ['8xlarge', 1, 32, 256, 1, 6.585],
      ['12xlarge', 2, 48, 512, 1, 10.358],
      ['24xlarge', 4, 96, 1024, 2, 20.715],
      ['48xlarge', 8, 192, 2048, 4, 41.43],
    ],
  },
  {
    family: 'p4d',
    gpuModel: 'A100',
    gpuMemoryMiB: 40_960,
    nvlink: true,
    sizes: [['24xlarge', 8, 96, 1152, 4, 25.251]],
  },
  {
    family: 'p4de',
    gpuModel: 'A100',
    gpuMemoryMiB: 81_920,
    nvlink: true,
    sizes: [['24xlarge', 8, 96, 1152, 4, 31.6]],
  },
  {
    family: 'p5',
    gpuModel: 'H100',
    gpuMemoryMiB: 81_920,
    nvlink: true,
    sizes: [
      ['4xlarge', 1, 16, 256, 1, 7.9],
      ['48xlarge', 8, 192, 2048, 32, 63.296],
    ],
  },
  {
    family: 'p5e',
    gpuModel: 'H200',
    gpuMemoryMiB: 144_384,
    nvlink: true,
    sizes: [['48xlarge', 8, 192, 2048, 32]],
  },
  {
    family: 'p5en',
    gpuModel: 'H200',
    gpuMemoryMiB: 144_384,
    nvlink: true,
    sizes: [['48xlarge', 8, 192, 2048, 16, 72.8]],
  },
  {
    family: 'p6-b200',
    gpuModel: 'B200',
    gpuMemoryMiB: 183_359,
    nvlink: true,
    sizes: [['48xlarge', 8, 192, 2048, 8, 131]],
  },
  {
    family: 'p6-b300',
    gpuModel: 'B300',
    gpuMemoryMiB: 275_040,
    nvlink: true,
    sizes: [['48xlarge', 8, 192, 4096, 16, 164]],
  },
  {
    family: 'trn1',
    gpuModel: 'Trainium',
    gpuMemoryMiB: 32_768,
    cuda: false,
    sizes: [
      ['2xlarge', 1, 8, 32, 0],
      ['32xlarge', 16, 128, 512, 8],
    ],
  },
  {
    family: 'trn1n',
    gpuModel: 'Trainium',
    gpuMemoryMiB: 32_768,
    cuda: false,
    sizes: [['32xlarge', 16, 128, 512, 16]],
  },
];

/** UltraServers (p6e-gb200) and Trainium2, whose accelerator memory is not known here, have to be named by the user. */
export const GPU_INSTANCE_TYPES: readonly GpuInstanceType[] = FAMILIES.flatMap((family) =>
  family.sizes.map(([size, gpus, vCpus, memoryGiB, efa, pricePerHour]): GpuInstanceType => ({
    instanceType: `ml.${family.family}.${size}`,
    family: family.family,
    gpuModel: family.gpuModel,
    gpus,
    gpuMemoryGiB: Math.round(family.gpuMemoryMiB / 102.4) / 10,
    vCpus,
    memoryGiB,
    efa,
    nvlink: family.nvlink === true && gpus > 1,
    cuda: family.cuda !== false,
    ...(pricePerHour === undefined ? {} : { pricePerHour }),
  })),
);

/** `T4`, `A100`, ... */
export const GPU_MODELS: readonly string[] = [...new Set(FAMILIES.map((family) => family.gpuModel))];
/** `g5`, `p4d`, ... */
export const GPU_FAMILIES: readonly string[] = FAMILIES.map((family) => family.family);
