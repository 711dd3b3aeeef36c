import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { formatProblem } from '../../../src/jobs/job-problem.ts';
import { checkQueueFile } from '../../../src/queues/queue-file.ts';
import { QUEUE_BOUNDS, queueSchema } from '../../../src/queues/queue-schema.ts';

const guide = readFileSync(new URL('../../../docs/queues.md', import.meta.url), 'utf8');

/** The keys that the tables with this heading in their first column explain. */
function explained(heading: string): string[] {
  const table = guide.split(`| ${heading} |`)[1]?.split('\n\n')[0] ?? '';
  const keys = table.split('\n').flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)]);
  return [...new Set(keys.map(([, key = '']) => key))].sort();
}

describe('docs/queues.md', () => {
  test('explains every key of a queue', () => {
    expect(explained('key')).toEqual(Object.keys(queueSchema().shape).sort());
  });

  test('explains every key of a share', () => {
    const schema = z.toJSONSchema(queueSchema(), { io: 'input', unrepresentable: 'any' });
    const keys = JSON.parse(
      JSON.stringify(schema.properties?.['quotaShare'], (_, value: unknown) => value),
    ) as { properties: { shares: { items: { properties: object } } } };
    expect(explained('key of a share')).toEqual(Object.keys(keys.properties.shares.items.properties).sort());
  });

  const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

  test('has an example of each policy', () => {
    const kinds = examples.flatMap((text) =>
      checkQueueFile(text, { file: 'example.yaml' }).queues.map(({ policy }) => policy.kind),
    );
    expect([...kinds].sort()).toEqual(['fairShare', 'fifo', 'quotaShare']);
  });

  test.each(examples)('has examples without a problem: %s', (text) => {
    expect(checkQueueFile(text, { file: 'example.yaml' }).problems.map(formatProblem)).toEqual([]);
  });

  test('tells the bounds', () => {
    const { environments, shares, groups, instances, maxWaiting } = QUEUE_BOUNDS;
    const shown = (n: number): string => String(n).replace(/(\d)(?=(\d{3})+$)/g, '$1,');
    expect(guide).toContain(`| environments per queue | ${shown(environments)} |`);
    expect(guide).toContain(`| shares, groups per queue | ${shown(shares)}, ${shown(groups)} |`);
    expect(guide).toContain(`| instances per environment | ${shown(instances)} |`);
    expect(guide).toContain(`| waiting jobs | ${shown(maxWaiting)} |`);
  });
});
