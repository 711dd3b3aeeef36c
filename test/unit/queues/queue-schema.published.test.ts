import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { queueSchema } from '../../../src/queues/queue-schema.ts';
import { FAIR_SHARE_FILE, GOOD_QUEUE_FILE, SMALLEST_QUEUE_FILE, withChange } from './queue-file.fixture.ts';

const schema = z.toJSONSchema(queueSchema(), { target: 'draft-7', io: 'input', unrepresentable: 'any' });
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

describe('schemas/queue.schema.json', () => {
  // After a change of src/queues/queue-schema.ts: npx vitest run --project unit test/unit/queues/queue-schema.published.test.ts -u
  test('is what the definition of a queue says', async () => {
    const published = { title: 'Trainyard queue', ...schema };
    await expect(`${JSON.stringify(published, null, 2)}\n`).toMatchFileSnapshot(
      '../../../schemas/queue.schema.json',
    );
  });

  test.each([GOOD_QUEUE_FILE, SMALLEST_QUEUE_FILE, FAIR_SHARE_FILE])('accepts a good queue file', (text) => {
    expect(validate(parse(text)) || validate.errors).toBe(true);
  });

  test.each([
    ['an unknown key', withChange('reservation:', 'reservations:')],
    ['an unknown word', withChange('sharing: LEND_AND_BORROW', 'sharing: BORROW')],
    ['a number out of range', withChange('maxWaiting: 5000', 'maxWaiting: 0')],
    ['an unknown instance type', withChange('ml.p4d.24xlarge', 'ml.p4.24xlarge')],
    ['no name', withChange('name: search\n', '')],
  ])('lets an editor find %s', (_, text) => {
    expect(validate(parse(text))).toBe(false);
  });
});
