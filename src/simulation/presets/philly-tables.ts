/*
 * What Microsoft's Philly cluster ran: figures computed from siasosp23/artifacts `sia-simulator/traces/philly.csv` (82,247
 * jobs, 2017-09-04 to 2017-12-22), where a burst is a row of jobs of one team and size with gaps of at most 60 s.
 */

/** Percent of the jobs, percent of the GPU time, mean GPUs. */
export const TEAMS = [
  { name: 'team-a', jobs: 50.1, gpuTime: 9.9, meanGpus: 1.04 },
  { name: 'team-b', jobs: 19.6, gpuTime: 2.9, meanGpus: 1.12 },
  { name: 'team-c', jobs: 12.1, gpuTime: 8.4, meanGpus: 1.46 },
  { name: 'team-d', jobs: 9.0, gpuTime: 12.9, meanGpus: 1.2 },
  { name: 'team-e', jobs: 2.4, gpuTime: 4.4, meanGpus: 1.53 },
  { name: 'team-f', jobs: 1.8, gpuTime: 26.2, meanGpus: 5.28 },
  { name: 'team-g', jobs: 1.7, gpuTime: 7.9, meanGpus: 1.49 },
  { name: 'team-h', jobs: 1.4, gpuTime: 0.9, meanGpus: 1 },
  { name: 'team-i', jobs: 0.9, gpuTime: 16.9, meanGpus: 4.33 },
  { name: 'team-j', jobs: 0.5, gpuTime: 8.3, meanGpus: 9.69 },
  { name: 'team-k', jobs: 0.5, gpuTime: 1.4, meanGpus: 3.36 },
] as const;

/** GPUs of a job, percent of the jobs. Of the 0.35 % with more than 8 GPUs, what is not 16 or 32 is guessed. */
export const SIZES: readonly (readonly [gpus: number, percent: number])[] = [
  [1, 93.17],
  [2, 2.21],
  [4, 2.27],
  [8, 2],
  [16, 0.242],
  [32, 0.081],
  [64, 0.018],
  [128, 0.009],
];

/**
 * Running times in seconds at 5, 25, 50, 75, 90, 95 and 99 percent, for jobs of so many GPUs and more, and the mean. `longest` is
 * chosen so that the mean comes out.
 */
export const RUNNING_TIMES = [
  { fromGpus: 1, mean: 8301, quantiles: [52, 122, 1117, 2716, 8512, 19_137, 135_399], longest: 866_000 },
  { fromGpus: 2, mean: 30_942, quantiles: [9, 16, 21, 76, 72_740, 197_062, 523_316], longest: 1_620_000 },
  {
    fromGpus: 4,
    mean: 78_762,
    quantiles: [75, 773, 17_410, 89_394, 184_435, 273_968, 907_376],
    longest: 2_140_000,
  },
  {
    fromGpus: 8,
    mean: 129_775,
    quantiles: [125, 1876, 23_683, 173_248, 351_982, 525_618, 1_060_498],
    longest: 3_050_000,
  },
  {
    fromGpus: 9,
    mean: 95_326,
    quantiles: [35, 566, 21_137, 104_218, 247_972, 443_240, 922_629],
    longest: 1_890_000,
  },
] as const;
export const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const;

/** Jobs in a burst: the smallest and largest number, percent of the bursts. Between the two uniform in the logarithm. */
export const BURSTS: readonly (readonly [from: number, to: number, percent: number])[] = [
  [1, 1, 83.6],
  [2, 2, 8.8],
  [3, 3, 2.2],
  [4, 19, 3.7],
  [20, 400, 1.7],
];
/** Bursts from this size on are sweeps: of 410, all but 4 were of 1-GPU jobs; they have so many percent of all jobs. */
export const SWEEP = 20;
export const IN_SWEEPS = 61;
export const BURSTS_PER_HOUR = 9.2;
/** Seconds between two jobs of a burst: log-normal. */
export const GAP = { median: 5, sigma: 1.1 } as const;
/** Of the logarithm of the running times inside of a burst. */
export const SPREAD_IN_BURST = 0.3;

/** Percent of the arrivals by hour, from 0 to 23. */
export const HOURS = [
  5.3, 4.1, 4.7, 4.6, 2.9, 4.8, 7, 8.7, 4.6, 4.2, 4.3, 3.6, 3.1, 2.9, 2.7, 2.7, 3.7, 2.8, 3.3, 3, 4.2, 3.8,
  4.7, 4.2,
] as const;
/** Percent of the arrivals by weekday, from Monday on. */
export const WEEKDAYS = [12.3, 15.2, 16.3, 18.4, 20.6, 8.7, 8.5] as const;
