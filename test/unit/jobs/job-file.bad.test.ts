import { describe, expect, test } from 'vitest';
import { checkJobFile, parseJobFile } from '../../../src/jobs/job-file.ts';
import { formatPath, formatProblem, JobInvalidError } from '../../../src/jobs/job-problem.ts';
import { envelopeMistakes } from './bad-job-files/envelope.ts';
import { sectionsMistakes } from './bad-job-files/sections.ts';
import { trainingMistakes } from './bad-job-files/training.ts';
import { yamlMistakes } from './bad-job-files/yaml.ts';
import { SMALLEST_JOB_FILE, withChange } from './job-file.fixture.ts';

const options = { file: 'job.yaml', generateJobId: () => 'generated' };

const tables = {
  'the envelope': envelopeMistakes,
  'the training section': trainingMistakes,
  'the other sections': sectionsMistakes,
  YAML: yamlMistakes,
};

describe.each(Object.entries(tables))('a bad job file: %s', (_, cases) => {
  test.each(Object.entries(cases))('%s', (_, { text, wantCode, wantPath, wantLine, wantText }) => {
    const { job, problems } = checkJobFile(text, options);
    expect(job).toBeUndefined();
    const shown = problems.map((problem) => ({
      code: problem.code,
      path: formatPath(problem.path),
      line: problem.line,
      text: formatProblem(problem),
    }));
    expect(shown).toContainEqual({
      code: wantCode,
      path: wantPath,
      line: wantLine,
      text: expect.stringContaining(wantText) as string,
    });
  });
});

describe('the message of a bad job file', () => {
  test('lists every problem once, in the order of the file, and no warning', () => {
    const text = withChange('priority: 50', 'priority: "50"')
      .replace('rank-lr-3', '-rank')
      .replace('InstanceCount: 1,', 'InstanceCount: 0,')
      .replace('attempts: 3', 'atempts: 3')
      .replace('  HyperParameters:', '  SomethingNew: 1\n  HyperParameters:');
    let error: unknown;
    try {
      parseJobFile(text, options);
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof JobInvalidError)) throw new Error('expected a JobInvalidError');
    expect(error.code).toBe('JOB_INVALID');
    expect(error.place).toEqual({ file: 'job.yaml', line: 2, column: 8, path: 'jobId' });
    expect(error.message.split('\n')).toEqual([
      'job.yaml:2:8: jobId: "-rank" is not allowed. Allowed: 1-50 letters, digits and hyphens, beginning and ending with a letter or digit.',
      'job.yaml:5:11: priority: "50" is not allowed. Allowed: a whole number from 0 to 9999. Write 50 without quotes.',
      'job.yaml:13:67: training.ResourceConfig.InstanceCount: 0 is not allowed. Allowed: a whole number from 1 to 1000.',
      'job.yaml:24:10: retry.atempts: unknown key. Allowed: attempts, internalAttempts, backoff, capacityBackoff. Did you mean "attempts"?',
    ]);
    expect(error.problems.filter((problem) => problem.severity === 'warning').map(formatProblem)).toEqual([
      'job.yaml:16:3: warning: training.SomethingNew: is not a member of CreateTrainingJob that this version knows; it is passed on as it is.',
    ]);
  });

  test('says what one slip of the pen makes several times only once', () => {
    const { problems } = checkJobFile('name: a: b: c: d\n', options);
    expect(problems.map(formatProblem)).toEqual([
      expect.stringContaining('job.yaml:1:7: a mapping or list begins inside a value of the same line'),
    ]);
  });

  test('stays short and harmless when the value is not', () => {
    const [problem] = checkJobFile(
      `user: "${'\\u001b]0;x\\u0007'.repeat(50)}"\n${SMALLEST_JOB_FILE}`,
      options,
    ).problems;
    const line = formatProblem(problem!);
    expect(line.length).toBeLessThan(300);
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});
