import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { checkJobFile } from '../../../src/jobs/job-file.ts';
import { jobSchema } from '../../../src/jobs/job-schema.ts';
import { envelopeMistakes } from './bad-job-files/envelope.ts';
import { sectionsMistakes } from './bad-job-files/sections.ts';
import { trainingMistakes } from './bad-job-files/training.ts';
import { GOOD_JOB_FILE, SMALLEST_JOB_FILE } from './job-file.fixture.ts';

const schema = z.toJSONSchema(jobSchema(), { target: 'draft-7', io: 'input', unrepresentable: 'any' });
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

describe('schemas/job.schema.json', () => {
  // After a change of src/jobs/job-schema.ts: npx vitest run --project unit test/unit/jobs/job-schema.published.test.ts -u
  test('is what the definition of a job says', async () => {
    const published = { title: 'Trainyard job', ...schema };
    await expect(`${JSON.stringify(published, null, 2)}\n`).toMatchFileSnapshot(
      '../../../schemas/job.schema.json',
    );
  });

  test.each([GOOD_JOB_FILE, SMALLEST_JOB_FILE])('accepts a good job file', (text) => {
    expect(validate(parse(text)) || validate.errors).toBe(true);
  });

  test('an editor finds what the schema alone can find', () => {
    const mistakes = Object.entries({ ...envelopeMistakes, ...trainingMistakes, ...sectionsMistakes });
    const bySchema = ['JOB_KEY_UNKNOWN', 'JOB_KEY_MISSING', 'JOB_VALUE_INVALID'];
    // Rules about several members, and members that pass through although they look like a typing mistake.
    const unseen = mistakes
      .filter(([, { text, wantCode }]) => bySchema.includes(wantCode) && validate(parse(text)))
      .map(([name]) => name);
    expect(unseen).toEqual([
      'a member of the request with a letter too many',
      'a member of a section with wrong capitals, which AWS would drop without a word',
      'neither an image nor an algorithm',
      'an instance type without a count',
      'nothing to run on',
      'spot training without a wait',
      'more than 100 hyperparameters',
      "a tag in Trainyard's name",
      "a tag in AWS's name",
    ]);
  });
});

describe('members of CreateTrainingJob', () => {
  interface Shape {
    readonly type: string;
    readonly members?: Readonly<Record<string, string>>;
    readonly member?: string;
  }
  const model = JSON.parse(
    readFileSync(new URL('../../../src/local-aws/sagemaker/model.json', import.meta.url), 'utf8'),
  ) as { readonly shapes: Readonly<Record<string, Shape>> };

  /** Paths of all members of a shape, lists entered, three levels deep. */
  function paths(shapeName: string, path: readonly (string | number)[]): (readonly (string | number)[])[] {
    const shape = model.shapes[shapeName];
    if (shape?.member !== undefined) return paths(shape.member, [...path, 0]);
    if (path.length > 4) return [];
    return Object.entries(shape?.members ?? {}).flatMap(([name, inner]) => [
      [...path, name],
      ...paths(inner, [...path, name]),
    ]);
  }

  function nested(path: readonly (string | number)[]): unknown {
    return path.reduceRight<unknown>(
      (inner, part) => (typeof part === 'number' ? [inner] : { [part]: inner }),
      null,
    );
  }

  test('none of them is taken for a typing mistake', () => {
    const all = paths('CreateTrainingJobRequest', ['training']);
    expect(all.length).toBeGreaterThan(100);
    const taken = all.filter((path) => {
      const { problems } = checkJobFile(JSON.stringify(nested(path)), {
        file: 'f',
        generateJobId: () => 'x',
      });
      return problems.some(
        (problem) => problem.code === 'JOB_KEY_UNKNOWN' && problem.path.length === path.length,
      );
    });
    expect(taken.map((path) => path.join('.'))).toEqual([
      'training.TrainingJobName',
      'training.ServerlessJobConfig',
    ]);
  });
});
