import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, vi } from 'vitest';
import {
  devStateOf,
  localEnvironment,
  startTrainyard,
  trainyard,
  type TrainyardProcess,
} from '../support/trainyard.ts';

/** A folder in which `trainyard dev` runs, and commands in it. */
export interface DevFolder {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs a command to its end. */
  readonly run: (...args: readonly string[]) => ReturnType<typeof trainyard>;
  /** What a command says in JSON. */
  readonly json: <T>(...args: readonly string[]) => Promise<T>;
}

/** A new folder with a `trainyard dev` that runs while the tests of the calling file do. */
export function devFolder(): DevFolder {
  const cwd = mkdtempSync(join(tmpdir(), 'trainyard-cli-'));
  const env = {
    ...localEnvironment(),
    TRAINYARD_TEMPORAL_CLI: inject('temporalCli'),
    XDG_CACHE_HOME: join(cwd, 'cache'),
  };
  let dev: TrainyardProcess | undefined;
  beforeAll(async () => {
    dev = startTrainyard(['dev', '--port', '0', '--ui-port', '0', '--aws-port', '0'], { cwd, env });
    await vi.waitFor(() => devStateOf(cwd), { timeout: 120_000, interval: 200 });
  });
  afterAll(async () => {
    dev?.child.kill('SIGINT');
    await dev?.ended;
    rmSync(cwd, { recursive: true, force: true });
  });
  const run: DevFolder['run'] = (...args) => trainyard(args, { cwd, env });
  return {
    cwd,
    env,
    run,
    json: async <T>(...args: readonly string[]) => {
      const { stdout, stderr } = await run(...args, '--output', 'json');
      expect(stderr).not.toContain('error');
      return JSON.parse(stdout) as T;
    },
  };
}
