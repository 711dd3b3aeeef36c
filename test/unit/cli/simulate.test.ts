import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseDocument } from 'yaml';
import { columnPlot, resampled } from '../../../src/cli/print/plot.ts';
import { progressOn } from '../../../src/cli/print/progress-bar.ts';
import { textWidth } from '../../../src/cli/print/text-width.ts';
import { trainyard } from './fake-terminal.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EXAMPLES = join(ROOT, 'examples/scenarios');

// Whole simulations, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-simulate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two jobs on a queue for one: everything can be computed by hand. */
const TWO = `name: two
about: One after the other
queue:
  name: q
  serviceEnvironments: [{ name: P4, family: p4d, limit: 4 }]
  quotaShare: { shares: [{ name: a, guaranteed: { P4: 4 } }, { name: "b", guaranteed: {} }] }
load:
  jobs:
    - { id: one, share: a, priority: 5, instances: 4, runs: 60 }
    - { id: two, share: b, instances: 4, runs: 30, arrives: 10 }
`;

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const simulate = (args: readonly string[], world: Parameters<typeof trainyard>[1] = {}) =>
  trainyard(['simulate', ...args], { cwd: folder, ...world });

interface Report {
  readonly scenario: string;
  readonly seed: number;
  readonly policies: readonly {
    readonly name: string;
    readonly kind: string;
    readonly makespanSeconds: number;
    readonly wait: object;
    readonly completion: object;
    readonly utilisation: object;
    readonly fairnessError: { readonly mean: number };
    readonly jobs: object;
    readonly byShare: readonly { readonly name: string }[];
    readonly timeline: { readonly used: readonly number[] };
    readonly decisions: object;
  }[];
  readonly ideal: object;
}

const report = (stdout: string): Report => JSON.parse(stdout) as Report;

describe('the report', () => {
  test('as JSON has what can be computed by hand', async () => {
    const { code, stdout, stderr } = await simulate(['-f', file('two.yaml', TWO), '-o', 'json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { policies, ideal, ...rest } = report(stdout);
    expect(rest).toMatchObject({
      scenario: 'two',
      seed: 1,
      jobs: 2,
      shares: 2,
      environments: [{ name: 'P4', limit: 4 }],
    });
    expect(policies.map(({ name, kind }) => [name, kind])).toEqual([
      ['quotaShare', 'quotaShare'],
      ['fifo', 'fifo'],
    ]);
    expect(policies[0]).toMatchObject({
      makespanSeconds: 90,
      jobs: { ended: 2, unfinished: 0, refused: 0 },
      wait: { mean: 25, p50: 0, p99: 50 },
      completion: { mean: 70, p50: 60, p99: 80 },
      utilisation: { held: 1, useful: 1 },
      byShare: [
        { name: 'a', jobs: 1, instanceSeconds: 240, wait: { mean: 0 } },
        { name: 'b', jobs: 1, instanceSeconds: 120, wait: { mean: 50 } },
      ],
      byPriority: [{ name: '5' }, { name: '0' }],
      // b is guaranteed nothing, so it lacks nothing while it waits.
      fairnessError: { mean: 0, max: 0 },
      decisions: { admitted: 2, preempted: 0 },
    });
    expect(ideal).toMatchObject({ makespanSeconds: 90, because: 'work', workInstanceSeconds: 360 });
    expect(policies[0]?.timeline.used.every((level) => level === 4)).toBe(true);
    expect(policies[0]?.timeline).not.toHaveProperty('byShare');
  });

  test('is text of policies, shares, priorities and use', async () => {
    const { stdout, stderr } = await simulate(['-f', file('two.yaml', TWO)]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^two {2}2 jobs of 2 shares on 4 × P4; seed 1\nOne after the other\n/);
    expect(stdout).toMatch(/^quotaShare +90\.0s +25\.0s +0s +50\.0s .* 100\.0% +0\.0% +0 +0 +0/m);
    expect(stdout).toMatch(/^fifo +90\.0s/m);
    expect(stdout).toMatch(/^ideal bound +≥ 90\.0s +0s/m);
    expect(stdout).toMatch(/^b +1 +50\.0s .* 50\.0s +50\.0s$/m);
    expect(stdout).toMatch(/^5 +1 +0s/m);
    expect(stdout).toMatch(/^fifo +4 │█{20,}$/m);
    expect(stdout).not.toContain('\u001B');
  });

  test.each([60, 80, 120])('fits a terminal of %d cells and one screen', async (columns) => {
    const { stdout } = await simulate(['-f', file('two.yaml', TWO)], { columns });
    const lines = stdout.split('\n');
    expect(lines.filter((line) => textWidth(line) > columns)).toEqual([]);
    expect(lines.length).toBeLessThan(40);
    expect(stdout).toContain('\u001B[1m');
  });

  test('has no colours when NO_COLOR is set', async () => {
    const { stdout } = await simulate(['-f', file('two.yaml', TWO)], { columns: 80, env: { NO_COLOR: '1' } });
    expect(stdout).not.toContain('\u001B');
  });

  test('says beside it what it leaves out', async () => {
    const text = TWO.replace('instances: 4, runs: 30', 'instances: 5, runs: 30');
    const { stdout, stderr } = await simulate(['-f', file('huge.yaml', text)]);
    expect(stderr).toBe(
      'Under quotaShare, 1 job could never start and would be refused: two.\n' +
        'Under fifo, 1 job could never start and would be refused: two.\n',
    );
    expect(stdout).toMatch(/^quotaShare +60\.0s/m);
  });

  describe('of a load of which jobs never get instances', () => {
    const LOST = `name: lost
queue:
  name: q
  serviceEnvironments: [{ name: P4, family: p4d, limit: 4 }]
  quotaShare: { shares: [{ name: a, guaranteed: { P4: 4 } }, { name: b, guaranteed: {} }] }
load:
  jobs:
    - { id: x, share: a, runs: 10m, instances: 2, count: 3 }
    - { id: y, share: b, runs: 10m, instances: 2 }
capacity: [{ at: 5m, environment: P4, limit: 1 }]
`;

    test('shows no makespan, how many ended, and no times of nobody', async () => {
      const { stdout, stderr } = await simulate(['-f', file('lost.yaml', LOST), '--svg', 'lost.svg']);
      expect(stdout).toMatch(/^quotaShare +— \(2 of 4\) +0s/m);
      expect(stdout).toMatch(/^fifo +— \(2 of 4\) +0s/m);
      expect(stdout).toMatch(/^ideal bound +≥ 29m/m);
      expect(stdout).toContain('\n(n of m): only n jobs end, and all times are theirs.\n');
      expect(stdout).toMatch(/^a +\(2 of 3\) +0s/m);
      expect(stdout).toMatch(/^b +\(0 of 1\) +— .*—$/m);
      expect(stderr).toContain('Under fifo, 2 jobs never got instances.\n');
      const svg = readFileSync(join(folder, 'lost.svg'), 'utf8');
      expect(svg).toContain('2 of 4 jobs ended, mean wait of these 0s, ');
      expect(svg).not.toContain('makespan');
    });

    test('as JSON counts who ended', async () => {
      const { stdout } = await simulate(['-f', file('lost.yaml', LOST), '-o', 'json']);
      expect(report(stdout).policies[0]).toMatchObject({
        makespanSeconds: 600,
        jobs: { ended: 2, unfinished: 2 },
        byShare: [
          { name: 'a', jobs: 3, ended: 2 },
          { name: 'b', jobs: 1, ended: 0 },
        ],
      });
    });

    test('and of which none does', async () => {
      const { stdout } = await simulate(['-f', file('nobody.yaml', LOST.replace('at: 5m', 'at: 0s'))]);
      expect(stdout).toMatch(/^fifo +— \(0 of 4\)( +—){6} /m);
    });
  });

  test('comes from standard input too', async () => {
    const { stdout } = await simulate(['--file', '-', '-o', 'jsonl'], { stdin: TWO });
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(report(stdout).scenario).toBe('two');
  });
});

describe('a picture', () => {
  test('is an SVG document with every policy, and foreign texts do no harm', async () => {
    const text = TWO.replace('name: two', 'name: "<b>&\\"two\\""');
    const { stdout, stderr, code } = await simulate(['-f', file('two.yaml', text), '--svg', 'use.svg']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'Wrote use.svg.\n' });
    expect(stdout).toContain('MAKESPAN');
    const svg = readFileSync(join(folder, 'use.svg'), 'utf8');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('&lt;b&gt;&amp;&quot;two&quot;: instances in use');
    expect(svg).toMatch(/>quotaShare<.*\n[^]*>fifo</);
    expect(openTags(svg)).toEqual([]);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('that cannot be written is an error with its place', async () => {
    const { code, stderr } = await simulate(['-f', file('two.yaml', TWO), '--svg', 'no/such/folder.svg']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/no\/such\/folder\.svg cannot be written: ENOENT.*\n.*\[FILE_UNREADABLE\]/);
  });
});

/** Elements that are not closed, or closed in the wrong order; and text with a bare & or <. */
function openTags(svg: string): readonly string[] {
  const open: string[] = [];
  for (const [tag, slash, name, end] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[a-zA-Z0-9-]+="[^"<]*")*(\/?)>/g)) {
    if (slash === '/') {
      if (open.pop() !== name) return [tag];
    } else if (end !== '/') open.push(name ?? '');
  }
  const rest = svg.replace(/<\/?[a-z]+(?:\s[a-zA-Z0-9-]+="[^"<]*")*\/?>/g, '');
  return /<|&(?!(?:amp|lt|gt|quot);)/.test(rest) ? [rest] : open;
}

describe('the examples', () => {
  const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'));

  test('are there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(3);
  });

  test.each(examples)('%s runs, every job ends, and its first lines say how', async (name) => {
    const text = readFileSync(join(EXAMPLES, name), 'utf8');
    expect(text).toContain(`trainyard simulate --file examples/scenarios/${name}`);
    expect(parseDocument(text).errors).toEqual([]);
    const { code, stdout, stderr } = await simulate(['-f', join(EXAMPLES, name), '-o', 'json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { jobs } of report(stdout).policies) expect(jobs).toMatchObject({ unfinished: 0, refused: 0 });
  });

  test('of lending shows what lending is good for', async () => {
    const { stdout } = await simulate(['-f', join(EXAMPLES, 'lending.yaml'), '-o', 'json']);
    const [lending, reserved, fifo] = report(stdout).policies;
    expect(lending!.makespanSeconds).toBeLessThan(reserved!.makespanSeconds);
    expect(lending!.fairnessError.mean).toBeLessThan(fifo!.fairnessError.mean);
  });
});

describe('the seed', () => {
  const LOAD = TWO.replace(
    /load:[^]*/,
    'load: { generators: [{ jobs: 40, share: a, runs: { exponential: { mean: 60 } } }] }',
  );

  test('given twice gives the same report; another one another', async () => {
    const run = async (...seed: readonly string[]): Promise<unknown> => {
      const { stdout } = await simulate(['-f', file('drawn.yaml', LOAD), '-o', 'json', ...seed]);
      const { policies } = report(stdout);
      return policies.map(({ makespanSeconds, completion }) => ({ makespanSeconds, completion }));
    };
    expect(await run()).toEqual(await run('--seed', '1'));
    expect(await run()).not.toEqual(await run('--seed', '2'));
  });
});

describe('what cannot be simulated', () => {
  test.each([
    [[], 'USAGE', /No scenario is named\.\n.*--file.*--preset: kueue, philly, calm/],
    [['--preset', 'calm', '-f', 'x.yaml'], 'USAGE', /--preset contradicts --file/],
    [['--preset', 'stormy'], 'USAGE', /stormy.*kueue, philly, calm/],
    [['-f', 'none.yaml'], 'FILE_UNREADABLE', /none\.yaml cannot be read: ENOENT/],
    [
      ['-f', 'bad.yaml'],
      'SCENARIO_INVALID',
      /bad\.yaml:10:\d+: load\.jobs\[1\]\.share: the queue has no share "c"/,
    ],
    [
      ['-f', 'traced.yaml'],
      'SCENARIO_INVALID',
      /^error: traced\.yaml:7:\d+: load\.trace: gone\.csv cannot be read/,
    ],
    [['-f', 'queue.yaml'], 'SCENARIO_INVALID', /^error: queue\.yaml:1:1: this is a queue, and no scenario\./],
  ])('%j', async (args, errorCode, message) => {
    file('bad.yaml', TWO.replace('share: b', 'share: c'));
    file('queue.yaml', 'name: cpu\nserviceEnvironments: []\nfifo: {}\n');
    file('traced.yaml', TWO.replace(/load:[^]*/, 'load: { trace: gone.csv }'));
    const { code, stdout, stderr } = await simulate(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toContain(`[${errorCode}]`);
  });

  test('is told in JSON with every problem', async () => {
    file('bad.yaml', TWO.replace('share: b', 'share: c').replace('runs: 60', 'runs: x'));
    const { stderr } = await simulate(['-f', 'bad.yaml', '-o', 'json']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'SCENARIO_INVALID', problems: [{ file: 'bad.yaml', line: 9 }] },
    });
  });
});

describe('a plot', () => {
  test.each([
    ['from nothing to full', [0, 1, 4, 8], 8, 1, [' ▁▄█']],
    ['over two lines', [0, 4, 6, 8], 8, 2, ['  ▄█', ' ███']],
    ['what is more than the most is cut', [16], 8, 1, ['█']],
    ['very little still shows', [0.001], 8, 1, ['▁']],
  ])('%s', (_, values, most, height, lines) => {
    expect(columnPlot(values, most, { width: values.length, height })).toEqual(lines);
  });

  test.each([
    [[1, 3, 5, 7], 2, [2, 6]],
    [[2, 4], 4, [2, 2, 4, 4]],
    [[3, 6, 9], 2, [4, 8]],
  ])('%j on %d cells', (values, width, want) => {
    expect(resampled(values, width)).toEqual(want);
  });
});

describe('the progress bar', () => {
  function barOn(world: { isTTY?: boolean; env?: Record<string, string> }) {
    let written = '';
    const clock = { now: 0 };
    const stderr = {
      write: (text: string) => void (written += text),
      isTTY: world.isTTY ?? true,
      columns: 40,
    };
    const bar = progressOn({ stderr, env: world.env ?? {}, now: () => clock.now });
    return { bar, clock, written: () => written };
  }

  test('shows after half a second, ten times a second, and leaves nothing behind', () => {
    const { bar, clock, written } = barOn({});
    bar.show(0.1, 'fifo');
    expect(written()).toBe('');
    clock.now = 600;
    bar.show(0.5, 'fifo');
    expect(written()).toMatch(/^\r\u001B\[K█{12}░{12} {2}50% {2}fifo$/);
    clock.now = 650;
    const before = written();
    bar.show(0.6, 'fifo');
    expect(written()).toBe(before);
    bar.clear();
    expect(written()).toBe(`${before}\r\u001B[K`);
  });

  test.each([{ isTTY: false }, { env: { TERM: 'dumb' } }])('is not there with %j', (world) => {
    const { bar, clock, written } = barOn(world);
    clock.now = 5000;
    bar.show(0.5, 'fifo');
    bar.clear();
    expect(written()).toBe('');
  });
});
