import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../../../src/cli/program.ts';
import { JOB_STATUSES } from '../../../src/jobs/status.ts';
import { listing, trainyard } from './fake-terminal.ts';
import { summary } from './job-builders.ts';

let directory: string;
let script: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'trainyard-completion-'));
  script = join(directory, 'completion.bash');
  writeFileSync(script, (await trainyard(['completion', 'bash'])).stdout);
  for (const name of ['job.yaml', 'jobs.json']) writeFileSync(join(directory, name), '');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What bash offers after the Tab key; `trainyard` itself is a function that knows two jobs. */
function complete(...words: readonly string[]): string[] {
  const bash = `
    source ${script}
    trainyard() {
      [ "$1" = __job-ids ] && printf 'rank-1\\nsweep-7\\n'
      [ "$1" = __queue-names ] && printf 'lab\\nsearch\\n'
    }
    COMP_WORDS=(trainyard "$@"); COMP_CWORD=$#
    _trainyard
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', bash, 'bash', ...words], {
    cwd: directory,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .filter((word) => word !== '')
    .sort();
}

describe('bash', () => {
  test('accepts the script', () => {
    expect(spawnSync('bash', ['-n', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['verbs', ['va'], ['validate']],
    [
      'every verb and global option on nothing',
      [''],
      expect.arrayContaining(['list', 'submit', 'dev', '--address']) as string[],
    ],
    ['options of a verb', ['list', '--st'], ['--status']],
    ['global options after a verb', ['list', '--names'], ['--namespace']],
    ['statuses', ['list', '--status', 'ST'], ['STARTING', 'STOPPED']],
    ['statuses after the short option', ['list', '-s', ''], [...JOB_STATUSES].sort()],
    ['formats', ['show', 'rank-1', '-o', 'j'], ['json', 'jsonl']],
    ['values of global options', ['--color', 'a'], ['always', 'auto']],
    ['job ids', ['show', ''], ['rank-1', 'sweep-7']],
    ['job ids by their beginning, after others', ['cancel', 'rank-1', 'sw'], ['sweep-7']],
    ['files', ['submit', '--file', 'job'], ['job.yaml', 'jobs.json']],
    ['files as arguments', ['validate', 'jobs'], ['jobs.json']],
    ['verbs of queues', ['queue', 'p'], ['pause']],
    ['options of a verb of queues', ['queue', 'drain', 'search', '--un'], ['--undo']],
    ['queues', ['queue', 'show', ''], ['lab', 'search']],
    ['queues of an option', ['list', '-q', 's'], ['search']],
    ['options of the right list', ['queue', 'list', '--wa'], []],
    ['the kind of a schema', ['schema', ''], ['job', 'queue']],
    ['shells', ['completion', ''], ['bash', 'fish', 'zsh']],
    ['nothing where anything may stand', ['list', '--user', ''], []],
  ])('completes %s', (_, words, want) => {
    expect(complete(...words)).toEqual(want);
  });
});

describe.each(['zsh', 'fish'])('%s', (shell) => {
  test('knows every verb and its options', async () => {
    const { stdout } = await trainyard(['completion', shell]);
    const program = buildProgram();
    const help = program.createHelp();
    const top = help.visibleCommands(program);
    for (const command of [...top, ...top.flatMap((parent) => help.visibleCommands(parent))]) {
      expect(stdout).toContain(command.name());
      for (const option of command.options) expect(stdout).toContain((option.long ?? '').slice(2));
    }
  });

  test.skipIf(spawnSync(shell, ['--version']).error !== undefined)(
    'accepts the script (where the shell is installed)',
    async () => {
      const path = join(directory, `completion.${shell}`);
      writeFileSync(path, (await trainyard(['completion', shell])).stdout);
      expect(spawnSync(shell, ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    },
  );
});

test('names of queues for the shell', async () => {
  const world = {
    env: { XDG_CACHE_HOME: join(directory, 'queues') },
    client: { queueNames: () => Promise.resolve(['lab', 'search']) },
  };
  expect((await trainyard(['__queue-names'], world)).stdout).toBe('lab\nsearch\n');
});

describe('job ids for the shell', () => {
  test('are asked for once in ten seconds', async () => {
    const { utimesSync, readdirSync } = await import('node:fs');
    const { NOON } = await import('./fake-terminal.ts');
    const world = { env: { XDG_CACHE_HOME: directory }, client: { list: () => listing(summary()) } };
    expect((await trainyard(['__job-ids'], world)).stdout).toBe('rank-lr-3\n');
    const cache = join(directory, 'trainyard');
    const age = (ms: number): void => {
      for (const name of readdirSync(cache))
        utimesSync(join(cache, name), (NOON - ms) / 1000, (NOON - ms) / 1000);
    };
    age(5_000);
    expect(await trainyard(['__job-ids'], world)).toMatchObject({
      stdout: 'rank-lr-3\n',
      connectedWith: undefined,
    });
    age(11_000);
    expect((await trainyard(['__job-ids'], world)).connectedWith).toBeDefined();
  });
});
