import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blocksFromEnd } from '../../../src/local-aws/container/logs.ts';
import { finalMetrics } from '../../../src/local-aws/container/metrics.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trainyard-logs-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function aLog(content: string, name = 'algo-1', modified = 1000): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  await utimes(path, modified, modified);
  return path;
}

const valueOf = async (content: string, Regex: string): Promise<number | undefined> =>
  (await finalMetrics([await aLog(content)], [{ Name: 'm', Regex }]))[0]?.Value;

describe('a metric', () => {
  it.each([
    ['the last value wins', 'loss: 0.9\nloss: 0.5\nend\n', 'loss: ([0-9.]+)', 0.5],
    ['without a group the whole match counts', 'x 12 y', '\\d+', 12],
    ['exponents and signs are numbers', 'loss=-1.5e-3', 'loss=(\\S+)', -0.0015],
    [
      'progress bars that return to the line start count line by line',
      'loss 3\rloss 2\rloss 1',
      'loss (\\d)',
      1,
    ],
    ['what is no number is passed over', 'loss: 1\nloss: nan\nloss: abc\n', 'loss: (.*)', 1],
    ['Python’s named groups are understood', 'acc=0.75', 'acc=(?P<value>[\\d.]+)', 0.75],
    ['an invalid expression yields nothing', 'a', '((', undefined],
    ['no match yields nothing', 'a', 'b(\\d)', undefined],
    ['an empty log yields nothing', '', '(\\d)', undefined],
  ])('%s', async (_, content, regex, value) => {
    expect(await valueOf(content, regex)).toBe(value);
  });

  it('is found in the middle of a log of many megabytes', async () => {
    const noise = `${'x'.repeat(99)}\n`.repeat(30_000);
    expect(await valueOf(`${noise}loss: 7\n${noise}`, 'loss: (\\d)')).toBe(7);
  });

  it('with an expression that never ends is given up, and the others are found', async () => {
    const log = await aLog(`${'a'.repeat(5000)}!\nloss: 1\n`);
    const metrics = await finalMetrics(
      [log],
      [
        { Name: 'evil', Regex: '(a+)+$' },
        { Name: 'loss', Regex: 'loss: (\\d)' },
      ],
    );
    expect(metrics.map(({ MetricName }) => MetricName)).toEqual(['loss']);
  });

  it('comes from the log that was written last', async () => {
    const logs = [
      await aLog('loss: 1', 'algo-1', 2000),
      await aLog('loss: 2', 'algo-2', 1000),
      join(directory, 'none'),
    ];
    expect(await finalMetrics(logs, [{ Name: 'loss', Regex: 'loss: (\\d)' }])).toEqual([
      { MetricName: 'loss', Value: 1, Timestamp: 2000 },
    ]);
  });
});

describe('reading a log from its end', () => {
  it.each([
    ['short lines', `${'abc\n'.repeat(200_000)}end`],
    ['a line longer than a block', `first\n${'y'.repeat(700_000)}\nlast\n`],
    ['no newline at all', 'z'.repeat(600_000)],
    ['multi-byte text', 'äöü€😀\n'.repeat(60_000)],
  ])('gives every line of %s once and in one piece, long ones cut', async (_, content) => {
    const blocks: (readonly string[])[] = [];
    for await (const block of blocksFromEnd(await aLog(content))) blocks.unshift(block);
    const lines = blocks.flat().filter((line) => line !== '');
    const expected = content.split('\n').filter((line) => line !== '');
    expect(lines).toHaveLength(expected.length);
    expect(
      lines.every(
        (line, index) =>
          expected[index]!.startsWith(line) && (line === expected[index] || line.length === 16_384),
      ),
    ).toBe(true);
  });
});
