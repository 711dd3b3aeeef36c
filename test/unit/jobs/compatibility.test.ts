import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  constraintsInTheWay,
  type GpuConstraints,
  justBelow,
  resolvePlacements,
} from '../../../src/jobs/compatibility.ts';
import { approximateCostUsd } from '../../../src/jobs/cost.ts';
import { GPU_INSTANCE_TYPES } from '../../../src/jobs/gpu-catalog.ts';
import { INSTANCE_TYPES } from '../../../src/jobs/instance-types.ts';

const found = (constraints: GpuConstraints): string[] =>
  resolvePlacements(constraints).map(
    ({ placement, pricePerHour }) =>
      `${placement.instanceType} × ${placement.instanceCount} ${pricePerHour ?? '?'}`,
  );

// The compatibility view of facts/aws-semantics.md §2: candidates in rising price.
const view: Record<string, { need: GpuConstraints; want: string[] }> = {
  'one GPU of at least 22 GiB': {
    need: { gpus: 1, minGpuMemoryGiB: 22 },
    want: [
      'ml.g6.xlarge × 1 1.13',
      'ml.g5.xlarge × 1 1.41',
      'ml.g6e.xlarge × 1 2.61',
      'ml.g7.2xlarge × 1 3.15',
      'ml.g7e.2xlarge × 1 4.2',
      'ml.p5.4xlarge × 1 7.9',
    ],
  },
  'one GPU of at least 40 GiB': {
    need: { gpus: 1, minGpuMemoryGiB: 40 },
    want: ['ml.g6e.xlarge × 1 2.61', 'ml.g7e.2xlarge × 1 4.2', 'ml.p5.4xlarge × 1 7.9'],
  },
  'one GPU of at least 80 GiB': {
    need: { gpus: 1, minGpuMemoryGiB: 80 },
    want: ['ml.g7e.2xlarge × 1 4.2', 'ml.p5.4xlarge × 1 7.9'],
  },
  'four GPUs of at least 40 GiB; a p4d would waste four': {
    need: { gpus: 4, minGpuMemoryGiB: 40, maxInstances: 2 },
    want: ['ml.g6e.12xlarge × 1 13.1', 'ml.g7e.24xlarge × 1 20.72', 'ml.g7e.12xlarge × 2 20.72'],
  },
  'four GPUs of at least 22 GiB on one instance': {
    need: { gpus: 4, minGpuMemoryGiB: 22, maxInstances: 1 },
    want: [
      'ml.g6.12xlarge × 1 5.75',
      'ml.g5.12xlarge × 1 7.09',
      'ml.g6e.12xlarge × 1 13.1',
      'ml.g7.24xlarge × 1 17.82',
      'ml.g7e.24xlarge × 1 20.72',
    ],
  },
  'what one p4d gives: eight GPUs of at least 40 GiB on at most four instances': {
    need: { gpus: 8, minGpuMemoryGiB: 40, maxInstances: 4 },
    want: [
      'ml.p4d.24xlarge × 1 25.25',
      'ml.g6e.12xlarge × 2 26.2',
      'ml.p4de.24xlarge × 1 31.6',
      'ml.g6e.48xlarge × 1 37.7',
      'ml.g7e.48xlarge × 1 41.43',
      'ml.g7e.24xlarge × 2 41.43',
      'ml.g7e.12xlarge × 4 41.43',
      'ml.p5.48xlarge × 1 63.3',
      'ml.p5en.48xlarge × 1 72.8',
      'ml.p6-b200.48xlarge × 1 131',
      'ml.p6-b300.48xlarge × 1 164',
      'ml.p5e.48xlarge × 1 ?',
    ],
  },
  'what one p4de gives: eight GPUs of at least 80 GiB with NVLink': {
    need: { gpus: 8, minGpuMemoryGiB: 80, nvlink: true },
    want: [
      'ml.p4de.24xlarge × 1 31.6',
      'ml.p5.48xlarge × 1 63.3',
      'ml.p5en.48xlarge × 1 72.8',
      'ml.p6-b200.48xlarge × 1 131',
      'ml.p6-b300.48xlarge × 1 164',
      'ml.p5e.48xlarge × 1 ?',
    ],
  },
  'thirty-two GPUs of one family': {
    need: { gpus: 32, minGpuMemoryGiB: 40, families: ['g6e', 'p4d'], maxInstances: 8 },
    want: ['ml.p4d.24xlarge × 4 101', 'ml.g6e.12xlarge × 8 104.8', 'ml.g6e.48xlarge × 4 150.8'],
  },
};

describe('placements that satisfy constraints', () => {
  test.each(Object.entries(view))('%s', (_, { need, want }) => {
    expect(found(need)).toEqual(want);
  });
});

describe('traps', () => {
  test('a marketed size of 24 GB leaves A10G and L4 out, and that can be told', () => {
    expect(found({ gpus: 1, minGpuMemoryGiB: 24 })[0]).toBe('ml.g6e.xlarge × 1 2.61');
    expect(justBelow(24)).toEqual([
      { gpuModel: 'A10G', gpuMemoryGiB: 22.4 },
      { gpuModel: 'L4', gpuMemoryGiB: 22.4 },
    ]);
  });

  test('a marketed size of 48 GB leaves L40S out', () => {
    expect(found({ gpus: 1, minGpuMemoryGiB: 48 })[0]).toBe('ml.g7e.2xlarge × 1 4.2');
    expect(justBelow(48)).toEqual([{ gpuModel: 'L40S', gpuMemoryGiB: 44.7 }]);
  });

  test('the memory as it is shown is enough to ask for', () => {
    expect(found({ gpus: 1, minGpuMemoryGiB: 22.4 })).toEqual(found({ gpus: 1, minGpuMemoryGiB: 22 }));
    expect(justBelow(22)).toEqual([]);
  });

  test('the 12xlarge of g6e has four GPUs, that of g7e two', () => {
    expect(found({ gpus: 4, families: ['g6e', 'g7e'], maxInstances: 1 })).toEqual([
      'ml.g6e.12xlarge × 1 13.1',
      'ml.g7e.24xlarge × 1 20.72',
    ]);
  });

  test('a 16xlarge of the g families has one GPU although the 12xlarge has four', () => {
    const gpus = (name: string): number | undefined =>
      GPU_INSTANCE_TYPES.find((type) => type.instanceType === name)?.gpus;
    for (const family of ['g4dn', 'g5', 'g6', 'g6e']) {
      expect([gpus(`ml.${family}.12xlarge`), gpus(`ml.${family}.16xlarge`)]).toEqual([4, 1]);
    }
  });

  test('several instances want EFA, so single-GPU sizes below 8xlarge do not add up', () => {
    expect(found({ gpus: 4, minGpuMemoryGiB: 22, families: ['g6'] })).toEqual([
      'ml.g6.12xlarge × 1 5.75',
      'ml.g6.8xlarge × 4 10.08',
    ]);
    expect(found({ gpus: 4, minGpuMemoryGiB: 22, families: ['g6'], efa: false })[0]).toBe(
      'ml.g6.xlarge × 4 4.51',
    );
  });

  test('EFA can be asked for on a single instance', () => {
    expect(found({ gpus: 1, families: ['g5'], efa: true })).toEqual(['ml.g5.8xlarge × 1 3.06']);
  });

  test('memory enough is not NVLink: a tensor-parallel job can say so', () => {
    expect(found({ gpus: 8, minGpuMemoryGiB: 40, nvlink: true }).join()).not.toMatch(/ml\.g|p5\.4xlarge/);
  });

  test('Trainium does not run CUDA code and comes only when it is named', () => {
    expect(found({ gpus: 16 }).join()).not.toContain('trn');
    expect(found({ gpus: 16, gpuModels: ['Trainium'], maxInstances: 1 })).toEqual([
      'ml.trn1.32xlarge × 1 ?',
      'ml.trn1n.32xlarge × 1 ?',
    ]);
  });

  test('a price limit leaves out what has no known price', () => {
    expect(found({ gpus: 8, families: ['p5', 'p5e'], maxInstances: 1, maxPricePerHour: 1000 })).toEqual([
      'ml.p5.48xlarge × 1 63.3',
    ]);
  });

  test('families and single types can be excluded', () => {
    expect(
      found({ gpus: 8, minGpuMemoryGiB: 80, maxInstances: 1, exclude: ['g7e', 'ml.p4de.24xlarge'] })[0],
    ).toBe('ml.p5.48xlarge × 1 63.3');
  });

  test('when nothing is left, the constraints in the way are named', () => {
    expect(constraintsInTheWay({ gpus: 8, minGpuMemoryGiB: 80, maxPricePerHour: 20 })).toEqual([
      'minGpuMemoryGiB',
      'maxPricePerHour',
    ]);
    expect(constraintsInTheWay({ gpus: 3, maxInstances: 1 })).toEqual(['maxInstances']);
    expect(constraintsInTheWay({ gpus: 8, gpuModels: ['A1000'] })).toEqual(['gpuModels']);
  });
});

describe('for any constraints', () => {
  const needs = fc.record(
    {
      gpus: fc.integer({ min: 1, max: 512 }),
      minGpuMemoryGiB: fc.integer({ min: 0, max: 300 }),
      maxInstances: fc.integer({ min: 1, max: 64 }),
      efa: fc.boolean(),
      nvlink: fc.boolean(),
      maxPricePerHour: fc.integer({ min: 1, max: 2000 }),
      exclude: fc.subarray(['g5', 'g6', 'p4d', 'p5', 'ml.g6e.12xlarge']),
    },
    { requiredKeys: ['gpus'] },
  );

  test('every placement has exactly the GPUs, enough memory, and keeps the limits; prices rise; no type twice', () => {
    fc.assert(
      fc.property(needs, (need) => {
        const candidates = resolvePlacements(need);
        for (const { placement, type, pricePerHour } of candidates) {
          expect(placement.instanceCount * type.gpus).toBe(need.gpus);
          expect(type.gpuMemoryGiB).toBeGreaterThanOrEqual(need.minGpuMemoryGiB ?? 0);
          expect(placement.instanceCount).toBeLessThanOrEqual(need.maxInstances ?? Infinity);
          if (need.maxPricePerHour !== undefined)
            expect(pricePerHour).toBeLessThanOrEqual(need.maxPricePerHour);
        }
        const prices = candidates.map(({ pricePerHour }) => pricePerHour ?? Infinity);
        expect(prices).toEqual([...prices].sort((a, b) => a - b));
        expect(new Set(candidates.map(({ type }) => type.instanceType)).size).toBe(candidates.length);
      }),
    );
  });

  test('asking for less memory never finds less', () => {
    fc.assert(
      fc.property(needs, (need) => {
        const fewer = resolvePlacements(need).length;
        expect(resolvePlacements({ ...need, minGpuMemoryGiB: 0 }).length).toBeGreaterThanOrEqual(fewer);
      }),
    );
  });
});

describe('the catalogue', () => {
  test('holds only types that CreateTrainingJob takes, each under its own family', () => {
    for (const { instanceType, family } of GPU_INSTANCE_TYPES) {
      expect(INSTANCE_TYPES).toContain(instanceType);
      expect(instanceType.split('.')).toEqual(['ml', family, expect.any(String)]);
    }
  });

  test('knows the same instance types as the local AWS endpoint', () => {
    const file = new URL('../../../src/local-aws/sagemaker/model.json', import.meta.url);
    const model = JSON.parse(readFileSync(file, 'utf8')) as {
      shapes: { TrainingInstanceType: { enum: string[] } };
    };
    expect([...INSTANCE_TYPES].sort()).toEqual([...model.shapes.TrainingInstanceType.enum].sort());
  });
});

describe('approximate cost', () => {
  test('is billable seconds × instances × price', () => {
    expect(
      approximateCostUsd({ instanceType: 'ml.p4d.24xlarge', instanceCount: 2, billableSeconds: 1800 }),
    ).toBe(25.251);
    expect(approximateCostUsd({ instanceType: 'ml.m5.xlarge', instanceCount: 1, billableSeconds: 60 })).toBe(
      0.0038,
    );
    expect(approximateCostUsd({ instanceType: 'ml.m5.xlarge', instanceCount: 1, billableSeconds: 0 })).toBe(
      0,
    );
  });

  test('is not guessed where no price is known', () => {
    expect(
      approximateCostUsd({ instanceType: 'ml.p5e.48xlarge', instanceCount: 1, billableSeconds: 60 }),
    ).toBeUndefined();
  });
});
