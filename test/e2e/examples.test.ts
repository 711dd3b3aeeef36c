/** `npm start`: the built command runs the examples against real servers and processes, and its summary tells the truth. */
import { writeFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { CLAIMS } from '../../src/cli/demo/claims.ts';
import { isRunning } from '../support/trainyard.ts';
import { examplesFolder, PATIENCE } from './examples-run.ts';

const { file, start } = examplesFolder();

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

  test('ends with 1 and says what was not shown in a world where nothing is scarce', PATIENCE, async () => {
    const config = file('plenty.yaml');
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
