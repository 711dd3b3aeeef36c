/** `npm start`: the built command runs the examples against real servers and processes, and its summary tells the truth. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { CLAIMS } from '../../src/cli/demo/claims.ts';
import { isRunning, localEnvironment, startTrainyard, type TrainyardProcess } from '../support/trainyard.ts';

const PORTS = ['--port', '0', '--ui-port', '0', '--aws-port', '0'];
/** The whole run, on a machine that is busy with other things. */
const PATIENCE = { timeout: 480_000 };

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'trainyard-examples-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true, maxRetries: 5 }));

const start = (...args: string[]): TrainyardProcess =>
  startTrainyard(['dev', '--examples', ...args, ...PORTS], {
    cwd,
    env: { ...localEnvironment(), TRAINYARD_TEMPORAL_CLI: inject('temporalCli') },
  });

/** The row of a job in the summary's table, as words. */
function row(output: string, jobId: string): string {
  return (
    output
      .slice(output.indexOf('\nJOB '))
      .split('\n')
      .find((line) => line.startsWith(`${jobId} `))
      ?.replace(/\s+/g, ' ') ?? ''
  );
}

describe('trainyard dev --examples', () => {
  test(
    'ends with 0 when every example showed what it is there for, and leaves nothing running',
    PATIENCE,
    async () => {
      const run = start();
      const code = await run.ended;
      const output = run.stdout();
      expect(code, output + run.stderr()).toBe(0);
      for (const [jobId, { shows }] of Object.entries(CLAIMS))
        expect(row(output, jobId)).toContain(`1 yes ${shows}`);
      expect(row(output, 'failure')).toContain('FAILED Failed, Failed');
      expect(row(output, 'fallback')).toContain('SUCCEEDED Failed, Completed');
      expect(row(output, 'quota')).toMatch(/^quota SUCCEEDED (Refused, )+Completed 0\.8/);
      expect(row(output, 'cancel')).toContain('STOPPED Stopped');
      expect(output).toContain('All 8 examples showed what they are there for.');
      expect(output).toContain('figure-1 is shown.');
      const pids = [...output.matchAll(/\bpid (\d+)/g)].map((match) => Number(match[1]));
      expect(pids).toHaveLength(3);
      expect(pids.filter(isRunning)).toEqual([]);
    },
  );

  test(
    "plays the brief's second figure and its tutorial, one after the other in one folder",
    PATIENCE,
    async () => {
      for (const name of ['tutorial', 'figure-2']) {
        const run = start(name);
        const code = await run.ended;
        const output = run.stdout();
        expect(code, output + run.stderr()).toBe(0);
        expect(output).toContain(`${name} is shown.`);
      }
    },
  );

  test('ends with 1 and says what was not shown in a world where nothing is scarce', PATIENCE, async () => {
    const config = join(cwd, 'plenty.yaml');
    await writeFile(config, 'timing: { startingSeconds: 0 }\n');
    const run = start('jobs', '--aws-config', config);
    const code = await run.ended;
    const output = run.stdout();
    expect(code, output + run.stderr()).toBe(1);
    expect(output).toContain('Not shown by: fallback, quota, spot.');
    expect(row(output, 'success')).toContain('1 yes success');
    expect(row(output, 'spot')).toContain('1 NO spot interruption');
  });

  test('ends with 130 on Ctrl-C, whatever the jobs are doing', PATIENCE, async () => {
    const run = start();
    await vi.waitFor(() => expect(run.stdout(), run.stderr()).toContain('RUNNING'), {
      timeout: 90_000,
      interval: 200,
    });
    const pids = [...run.stdout().matchAll(/\bpid (\d+)/g)].map((match) => Number(match[1]));
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    expect(pids.filter(isRunning)).toEqual([]);
  });
});
