import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Machine } from '../../../src/servers/acquire.ts';
import { ensureTemporalCli } from '../../../src/servers/temporal-cli.ts';
import { fakeMachine, type FakeMachine, goScript, recordedProgress, temporalScript } from './fake-machine.ts';

let fake: FakeMachine;
let progress: ReturnType<typeof recordedProgress>;

beforeEach(async () => {
  fake = await fakeMachine();
  progress = recordedProgress();
});
afterEach(() => fake.remove());

const inCache = (): string => join(fake.cache, 'temporal-cli-1.5.1', 'temporal');
const withEnv = (env: NodeJS.ProcessEnv): Machine => ({
  ...fake.machine,
  env: { ...fake.machine.env, ...env },
});
const builds = async (): Promise<number> =>
  (await readFile(fake.log, 'utf8')).match(/^go install/gm)?.length ?? 0;

describe('where the Temporal dev server is looked for', () => {
  test('the environment variable comes first', async () => {
    await fake.tool('temporal', temporalScript());
    const mine = await fake.tool('my-temporal', temporalScript());
    expect(await ensureTemporalCli(progress, withEnv({ TRAINYARD_TEMPORAL_CLI: mine }))).toBe(mine);
  });

  test('a wrong path in the environment variable is an error, although PATH has one', async () => {
    await fake.tool('temporal', temporalScript());
    await expect(
      ensureTemporalCli(progress, withEnv({ TRAINYARD_TEMPORAL_CLI: '/nowhere/temporal' })),
    ).rejects.toMatchObject({
      code: 'SERVER_PATH_INVALID',
      message: 'TRAINYARD_TEMPORAL_CLI=/nowhere/temporal: there is no executable file.',
    });
  });

  test('some other program in the environment variable is an error that quotes it', async () => {
    const other = await fake.tool('other', 'echo I am a teapot');
    await expect(
      ensureTemporalCli(progress, withEnv({ TRAINYARD_TEMPORAL_CLI: other })),
    ).rejects.toMatchObject({
      code: 'SERVER_PATH_INVALID',
      message: expect.stringContaining(
        'it is not the Temporal CLI (--version prints "I am a teapot")',
      ) as string,
    });
  });

  test('PATH comes before the cache, and nothing is said', async () => {
    const path = await fake.tool('temporal', temporalScript());
    expect(await ensureTemporalCli(progress, fake.machine)).toBe(path);
    expect(progress.lines).toEqual([]);
  });

  test('one on PATH with an old server is passed over', async () => {
    await fake.tool('temporal', temporalScript('1.22.0'));
    await fake.tool('go', goScript);
    expect(await ensureTemporalCli(progress, fake.machine)).toBe(inCache());
  });

  test('the cache is used without a word', async () => {
    await fake.tool('go', goScript);
    await ensureTemporalCli(progress, fake.machine);
    const second = recordedProgress();
    expect(await ensureTemporalCli(second, fake.machine)).toBe(inCache());
    expect(second.lines).toEqual([]);
    expect(await builds()).toBe(1);
  });
});

describe('getting it', () => {
  test('a closed network leads to a build with Go, which is announced', async () => {
    await fake.tool('go', goScript);
    expect(await ensureTemporalCli(progress, fake.machine)).toBe(inCache());
    expect(progress.lines).toEqual([
      'Downloading the Temporal dev server (once)',
      'Building the Temporal dev server with Go (once, about 5 minutes)',
    ]);
    expect(await readFile(fake.log, 'utf8')).toContain(
      'go install -v github.com/temporalio/cli/cmd/temporal@v1.5.1',
    );
  });

  test('the download of the SDK is unpacked, and only the file that the answer names', async () => {
    const source = join(fake.cache, '../source');
    await mkdir(join(source, 'temporal_cli'), { recursive: true });
    await writeFile(join(source, 'temporal_cli/temporal'), `#!/bin/sh\n${temporalScript()}\n`, {
      mode: 0o755,
    });
    await writeFile(join(source, 'LICENSE'), 'MIT');
    await create({ gzip: true, cwd: source, file: join(source, 'archive.tar.gz') }, [
      'temporal_cli',
      'LICENSE',
    ]);
    const asked: string[] = [];
    const fetch = async (url: string): Promise<Response> => {
      asked.push(url);
      const archiveUrl = 'https://example.com/archive.tar.gz';
      if (url === archiveUrl) return new Response(await readFile(join(source, 'archive.tar.gz')));
      return Response.json({ archiveUrl, fileToExtract: 'temporal_cli/temporal' });
    };
    const machine: Machine = {
      ...fake.machine,
      fetch: (input) => fetch(input instanceof Request ? input.url : input.toString()),
    };
    expect(await ensureTemporalCli(progress, machine)).toBe(inCache());
    expect(asked[0]).toBe('https://temporal.download/cli/v1.5.1?arch=amd64&platform=linux&format=tar.gz');
    expect((await readdir(join(inCache(), '..'))).sort()).toEqual(['contents.json', 'temporal']);
  });

  test.each([
    ['a truncated executable', async () => writeFile(inCache(), '#!/bin/sh\n')],
    ['a missing executable', async () => rm(inCache())],
    ['a missing list of contents', async () => rm(join(inCache(), '../contents.json'))],
    ['an executable without permission', async () => chmod(inCache(), 0o644)],
  ])('%s in the cache is noticed and repaired', async (_what, damage) => {
    await fake.tool('go', goScript);
    await ensureTemporalCli(progress, fake.machine);
    await damage();
    const second = recordedProgress();
    expect(await ensureTemporalCli(second, fake.machine)).toBe(inCache());
    expect(second.lines[0]).toMatch(
      /^Temporal dev server: the copy in the cache is damaged \(.+\); getting it again\.$/,
    );
    expect(await builds()).toBe(2);
  });

  test('four callers at the same time build once', async () => {
    await fake.tool('go', `sleep 0.3\n${goScript}`);
    const paths = await Promise.all([1, 2, 3, 4].map(() => ensureTemporalCli(progress, fake.machine)));
    expect(new Set(paths)).toEqual(new Set([inCache()]));
    expect(await builds()).toBe(1);
  });

  test('the lock of a process that died is taken over', async () => {
    await fake.tool('go', goScript);
    await mkdir(fake.cache, { recursive: true });
    await writeFile(
      join(fake.cache, 'temporal-cli-1.5.1.lock'),
      JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }),
    );
    expect(await ensureTemporalCli(progress, fake.machine)).toBe(inCache());
  });

  test('a failed build leaves nothing in the cache', async () => {
    await fake.tool('go', `echo half > "$GOBIN/temporal"; echo 'disk full' >&2; exit 1`);
    await expect(ensureTemporalCli(progress, fake.machine)).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
    });
    expect(await readdir(fake.cache)).toEqual([]);
  });

  test('a build that makes something broken does not get into the cache', async () => {
    await fake.tool('go', `printf '#!/bin/sh\\nexit 1\\n' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`);
    await expect(ensureTemporalCli(progress, fake.machine)).rejects.toThrow('what it made does not work');
    expect(await readdir(fake.cache)).toEqual([]);
  });

  test('aborting ends a build', async () => {
    await fake.tool('go', 'exec sleep 60');
    const abort = new AbortController();
    const result = ensureTemporalCli(progress, { ...fake.machine, signal: abort.signal });
    setTimeout(() => abort.abort(new Error('Ctrl-C')), 100);
    await expect(result).rejects.toThrow('Ctrl-C');
    expect(await readdir(fake.cache)).toEqual([]);
  });

  test('when every way failed, one error lists each with its reason and says what to install', async () => {
    await fake.tool('go', `echo 'go: proxy.golang.org: no such host' >&2; exit 1`);
    await fake.tool('temporal', temporalScript('1.22.0'));
    const error: unknown = await ensureTemporalCli(progress, fake.machine).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      hint: expect.stringContaining('Install Go') as string,
    });
    const lines = (error as Error).message.split('\n');
    expect(lines).toEqual([
      'The Temporal dev server is not here and could not be got. Tried:',
      '  - TRAINYARD_TEMPORAL_CLI: not set',
      expect.stringMatching(/ {2}- PATH: .*temporal has server 1\.22; 1\.29 or later is needed$/),
      `  - cache ${join(fake.cache, 'temporal-cli-1.5.1')}: nothing there yet`,
      '  - download from temporal.download: temporal.download cannot be reached (getaddrinfo ENOTFOUND)',
      '  - go install: go install github.com/temporalio/cli/cmd/temporal@v1.5.1 failed: go: proxy.golang.org: no such host',
    ]);
  });
});
