import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, inject } from 'vitest';
import { localEnvironment, startTrainyard, type TrainyardProcess } from '../support/trainyard.ts';

const PORTS = ['--port', '0', '--ui-port', '0', '--aws-port', '0'];

/** The whole run, on a machine that is busy with other things. */
export const PATIENCE = { timeout: 480_000 };

/** A new folder for each test of the calling file, and how to start the examples in it. */
export function examplesFolder(): {
  readonly file: (name: string) => string;
  readonly start: (...args: string[]) => TrainyardProcess;
} {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'trainyard-examples-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true, maxRetries: 5 }));
  return {
    file: (name) => join(cwd, name),
    start: (...args) =>
      startTrainyard(['dev', '--examples', ...args, ...PORTS], {
        cwd,
        env: { ...localEnvironment(), TRAINYARD_TEMPORAL_CLI: inject('temporalCli') },
      }),
  };
}
