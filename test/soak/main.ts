/**
 * `npm run soak [-- --minutes 5 --seed N]`: two queues on a real dev server, a worker and a local AWS endpoint as processes,
 * with users, operators and machines that do everything wrong; then the invariants of design §8, checked from what was
 * recorded. Exit code 1 when one is broken.
 */
import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { progressOn } from '../../src/servers/progress.ts';
import { ensureTemporalCli } from '../../src/servers/temporal-cli.ts';
import { soak, type SoakOutcome } from './soak.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } },
});
const minutes = numberIn('minutes', values.minutes);
const seed = values.seed === undefined ? Date.now() % 1_000_000 : numberIn('seed', values.seed);

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR' } },
});
const progress = progressOn(process.stderr);
const temporalCli = await ensureTemporalCli(progress);
process.stdout.write(`seed ${seed}\n`);
const outcome = await progress.during(`Soak of ${minutes} min`, (detail) =>
  soak({ temporalCli, seconds: minutes * 60, seed, onProgress: process.stderr.isTTY ? detail : paced() }),
);
process.stdout.write(report(outcome));
process.exitCode = outcome.violations.length > 0 ? 1 : 0;

function numberIn(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  process.stderr.write(`--${name} is ${JSON.stringify(text)}. Allowed is a number above 0.\n`);
  process.exit(2);
}

/** In a pipe: a line now and then. */
function paced(): (line: string) => void {
  let lastAt = 0;
  return (line) => {
    if (Date.now() - lastAt < 20_000) return;
    lastAt = Date.now();
    process.stderr.write(`${line}\n`);
  };
}

function report({ violations, jobs, trainings, counts, errors, directory }: SoakOutcome): string {
  const table = (rows: readonly (readonly [string, number])[]): string[] =>
    rows
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, count]) => `  ${String(count).padStart(5)}  ${what}`);
  const shown = violations.slice(0, 50);
  return [
    `${jobs} jobs, ${trainings} training jobs.`,
    '',
    'What happened:',
    ...table(counts),
    'Calls that failed, as calls do in chaos:',
    ...table(errors),
    '',
    ...(violations.length === 0
      ? ['All invariants hold.']
      : [
          `${violations.length} violations (design §8):`,
          ...shown.map((sentence) => `  ${sentence}`),
          ...(shown.length < violations.length ? [`  and ${violations.length - shown.length} more`] : []),
          `Logs: ${directory}`,
          `Again: npm run soak -- --minutes ${minutes} --seed ${seed}`,
        ]),
    '',
  ].join('\n');
}
