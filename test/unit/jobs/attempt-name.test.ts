import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attemptName, parseAttemptName } from '../../../src/jobs/attempt-name.ts';

const jobIds = fc.stringMatching(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,49}$/).filter((id) => id.length <= 50);
const attempts = fc.integer({ min: 1, max: 999_999_999 });

describe('the name of an attempt', () => {
  test('leads back to the job and the attempt', () => {
    fc.assert(
      fc.property(jobIds, attempts, (jobId, attempt) => {
        expect(parseAttemptName(attemptName({ jobId, attempt }))).toEqual({ jobId, attempt });
      }),
    );
  });

  test('is one that SageMaker takes', () => {
    fc.assert(
      fc.property(jobIds, attempts, (jobId, attempt) => {
        const name = attemptName({ jobId, attempt });
        expect(name.length).toBeLessThanOrEqual(63);
        expect(name).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
      }),
    );
  });

  test.each([
    'rank-lr-3',
    'ty-',
    'ty-a',
    'ty-a-0',
    'ty-a-01',
    'ty--1',
    'ty-a-1000000000',
    'TY-a-1',
    'ty-a_b-1',
    '',
  ])('%s is the name of something else', (name) => {
    expect(parseAttemptName(name)).toBeUndefined();
  });
});
