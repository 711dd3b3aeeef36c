import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../../src/cli/program.ts';
import { examplesOf } from '../../../src/cli/examples.ts';
import { textWidth } from '../../../src/cli/print/text-width.ts';
import { TrainyardError } from '../../../src/jobs/error-catalogue.ts';
import { listing, trainyard } from './fake-terminal.ts';

const verbs = buildProgram()
  .createHelp()
  .visibleCommands(buildProgram())
  .map((command) => command.name())
  .filter((name) => name !== 'help');

describe('help', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']]])('of the whole tool with %j', async (args) => {
    const { code, stdout, stderr } = await trainyard(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const verb of verbs) expect(stdout).toContain(`\n  ${verb}`);
  });

  test.each(verbs)('of %s begins with an example and fits 80 columns', async (verb) => {
    const { code, stdout } = await trainyard([verb, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Examples:\n {2}\S/);
    expect(stdout.split('\n').filter((line) => textWidth(line) > 80)).toEqual([]);
    expect((await trainyard(['help', verb])).stdout).toBe(stdout);
  });

  test.each(verbs)('examples of %s use long options', (verb) => {
    const command = buildProgram().commands.find((candidate) => candidate.name() === verb);
    const words = examplesOf(command!).join(' ').split(' ');
    expect(words.filter((word) => /^-[a-zA-Z]$/.test(word))).toEqual([]);
  });
});

describe('a wrong command line is a usage error that says what was meant', () => {
  test.each([
    [['lst'], /unknown command 'lst'/, /Did you mean .*list/],
    [['list', '--wacth'], /unknown option '--wacth'/, /Did you mean --watch\?/],
    [['help', 'bogus'], /unknown command 'bogus'/, /--help/],
    [['show'], /missing required argument 'id'/, /--help/],
    [['completion', 'tcsh'], /tcsh.* is invalid/, /--help|bash/],
    [['list', '--no-tls', '--tls-ca', 'ca.pem'], /--no-tls contradicts/, /Leave one of them out/],
  ])('%j', async (args, message, hint) => {
    const { code, stdout, stderr } = await trainyard(args, { client: { list: () => listing() } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(hint);
    expect(stderr).toContain('[USAGE]');
  });

  test('in JSON when JSON was asked for, even though the line could not be parsed', async () => {
    const { stderr } = await trainyard(['list', '--wat', '-o', 'json']);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE', message: "unknown option '--wat'" } });
  });
});

describe('errors', () => {
  const failing = (error: Error) => ({ client: { resolve: () => Promise.reject(error) } });

  test('are text with a hint and a code, on stderr', async () => {
    expect(
      await trainyard(
        ['show', 'x'],
        failing(new TrainyardError('JOB_NOT_FOUND', 'There is no job x.', { hint: 'Look again.' })),
      ),
    ).toMatchObject({
      code: 3,
      stdout: '',
      stderr: 'error: There is no job x.\n  Look again. [JOB_NOT_FOUND]\n',
    });
  });

  test('are one line of JSON for programs', async () => {
    const { stderr, code } = await trainyard(
      ['show', 'x', '--output=json'],
      failing(new TrainyardError('TEMPORAL_DENIED', 'No.')),
    );
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'TEMPORAL_DENIED', message: 'No.', hint: expect.stringContaining('API key') as string },
    });
  });

  test('without a code are unexpected; the stack trace only shows on demand', async () => {
    const bug = failing(new TypeError('x is not a function'));
    expect((await trainyard(['show', 'x'], bug)).stderr).toMatch(
      /^error: x is not a function\n.*\[UNEXPECTED\]\n$/,
    );
    expect((await trainyard(['show', 'x'], { ...bug, env: { DEBUG: 'trainyard' } })).stderr).toContain(
      'program.test.ts',
    );
  });
});

describe('global options', () => {
  test.each([
    ['before the verb', ['--address', 'host:1', '--namespace', 'ml', 'list']],
    ['after it', ['list', '--address', 'host:1', '--namespace', 'ml']],
  ])('work %s', async (_, args) => {
    const { connectedWith } = await trainyard(args, { client: { list: () => listing() } });
    expect(connectedWith).toEqual({ address: 'host:1', namespace: 'ml' });
  });

  test('carry credentials and profiles', async () => {
    const { connectedWith } = await trainyard(
      [
        'list',
        '--api-key',
        'k',
        '--tls-ca',
        'ca.pem',
        '--tls-server-name',
        'n',
        '--profile',
        'cloud',
        '--config-file',
        'f.toml',
        '--task-queue',
        'q',
        '--ui-url',
        'http://ui',
      ],
      { client: { list: () => listing() } },
    );
    expect(connectedWith).toEqual({
      apiKey: 'k',
      tls: { serverCaFile: 'ca.pem', serverName: 'n' },
      profile: 'cloud',
      configFile: 'f.toml',
      taskQueue: 'q',
      uiUrl: 'http://ui',
    });
  });
});

describe('the version', () => {
  test.each([['--version'], ['-V']])('%s is a bare number', async (flag) => {
    expect(await trainyard([flag])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });

  test('comes with that of Node', async () => {
    expect((await trainyard(['version'])).stdout).toMatch(/^trainyard \d.*\nnode \d/);
    expect(JSON.parse((await trainyard(['version', '-o', 'json'])).stdout)).toMatchObject({
      node: process.versions.node,
    });
  });
});
