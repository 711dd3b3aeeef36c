import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAILURE_CLASSES } from '../../../src/jobs/failure.ts';
import { FAILURE_RULES } from '../../../src/jobs/failure-rules.ts';
import { checkJobFile } from '../../../src/jobs/job-file.ts';
import { formatProblem } from '../../../src/jobs/job-problem.ts';
import { jobSchema } from '../../../src/jobs/job-schema.ts';

const guide = readFileSync(new URL('../../../docs/job-file.md', import.meta.url), 'utf8');

/** The rows of the table under a heading, without its head. */
function rows(heading: string): string[][] {
  const section = guide.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('the guide tells what follows from every class of failure', () => {
  const told = rows('What happens when something fails').map(([, failureClass]) => failureClass);
  expect([...told].sort()).toEqual([...FAILURE_CLASSES].sort());
});

test('every class but unknown has a rule', () => {
  const ruled = new Set([...FAILURE_RULES.map((rule) => rule.class), 'unknown']);
  expect([...ruled].sort()).toEqual([...FAILURE_CLASSES].sort());
});

test('the guide explains every key of the envelope', () => {
  const explained = rows('Keys').flatMap(([keys]) =>
    [...(keys ?? '').matchAll(/`(\w+)/g)].map((match) => match[1]),
  );
  expect([...new Set(explained)].sort()).toEqual(Object.keys(jobSchema().shape).sort());
});

test("the guide's example is a good job file", () => {
  const example = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
  const { job, problems } = checkJobFile(example.replace('{ TrainingImage: ...', '{ TrainingImage: image'), {
    file: 'example.yaml',
    generateJobId: () => 'x',
  });
  expect(problems.map(formatProblem)).toEqual([]);
  expect(job?.jobId).toBe('rank-lr-3');
});
