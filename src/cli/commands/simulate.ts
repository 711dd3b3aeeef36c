import { Command, Option } from 'commander';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import type { SimulationReport } from '../../simulation/comparison.ts';
import { PRESETS, type Preset } from '../../simulation/presets/names.ts';
import type { Scenario } from '../../simulation/scenario.ts';
import { withExamples } from '../examples.ts';
import { addFormatOption, parseInteger } from '../option-values.ts';
import type { OutputFormat } from '../print/output-format.ts';
import { sessionOf, type Session } from '../session.ts';
import { progressOn } from '../print/progress-bar.ts';

interface SimulateOptions {
  readonly file?: string;
  readonly preset?: Preset;
  readonly seed?: number;
  readonly svg?: string;
  readonly output: Exclude<OutputFormat, 'name'>;
}

export function simulateCommand(): Command {
  const command = new Command('simulate')
    .summary('play a load against a queue, without running anything')
    .description(
      'Plays a load against the scheduler with a virtual clock, under the policies of the scenario and under FIFO, and compares: ' +
        'waits, use, fairness, preemptions. Needs no server. docs/simulate.md has the form of scenario files.',
    )
    .option('-f, --file <file>', 'the scenario file, or - for standard input')
    .addOption(new Option('--preset <name>', 'a scenario that is built in').choices(PRESETS))
    .option(
      '--seed <number>',
      "draw the load from this seed instead of the scenario's",
      parseInteger(0, 2 ** 32 - 1),
    )
    .option('--svg <file>', 'also draw the use over time into this file')
    .action(run);
  addFormatOption(command, ['table', 'json', 'jsonl', 'yaml']);
  return withExamples(command, [
    'trainyard simulate --preset calm',
    'trainyard simulate --file examples/scenarios/lending.yaml --svg use.svg',
    'trainyard simulate --preset kueue --output json',
  ]);
}

async function run(options: SimulateOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const scenario = await scenarioOf(options, session);
  const { compare } = await import('../../simulation/comparison.ts');
  const progress = progressOn(session.terminal);
  const report = compare(scenario, {
    onProgress: (policy, done) => progress.show(done, policy),
    stopwatch: () => performance.now(),
  });
  progress.clear();
  await printReport(report, options.output, session);
  for (const sentence of shortcomings(report)) session.say(sentence);
  if (options.svg !== undefined) await drawSvg(report, options.svg, session);
}

async function scenarioOf({ file, preset, seed }: SimulateOptions, session: Session): Promise<Scenario> {
  if (file !== undefined && preset !== undefined) {
    throw new TrainyardError('USAGE', '--preset contradicts --file', { hint: 'Leave one of them out.' });
  }
  if (preset !== undefined) {
    const { presetScenario } = await import('../../simulation/presets/index.ts');
    return presetScenario(preset, seed);
  }
  if (file === undefined) {
    throw new TrainyardError('USAGE', 'No scenario is named.', {
      hint: `Name a file with --file, or one of the built-in ones with --preset: ${PRESETS.join(', ')}.`,
    });
  }
  const { readScenario } = await import('../scenario-files.ts');
  return await readScenario(file, seed, session.terminal);
}

async function printReport(
  report: SimulationReport,
  output: SimulateOptions['output'],
  session: Session,
): Promise<void> {
  if (output === 'table') {
    const { simulationPage } = await import('../print/simulation-page.ts');
    session.print(simulationPage(report, { width: session.terminal.stdout.columns, paint: session.paint }));
    return;
  }
  const [{ formatOne }, { reportData }] = await Promise.all([
    import('../print/data.ts'),
    import('../../simulation/report-data.ts'),
  ]);
  session.print(formatOne(output, reportData(report)));
}

/** What the numbers leave out, one sentence per policy and kind. */
function shortcomings({ policies }: SimulationReport): readonly string[] {
  return policies.flatMap(({ name, jobs: { refused, refusedIds, unfinished } }) => [
    ...(refused === 0
      ? []
      : [
          `Under ${name}, ${refused === 1 ? '1 job' : `${refused} jobs`} could never start and would be refused: ` +
            `${refusedIds.join(', ')}${refused > refusedIds.length ? ', ...' : ''}.`,
        ]),
    ...(unfinished === 0
      ? []
      : [`Under ${name}, ${unfinished === 1 ? '1 job' : `${unfinished} jobs`} never got instances.`]),
  ]);
}

async function drawSvg(report: SimulationReport, file: string, session: Session): Promise<void> {
  const [{ simulationSvg }, { writeTextFile }] = await Promise.all([
    import('../../simulation/svg.ts'),
    import('../scenario-files.ts'),
  ]);
  await writeTextFile(file, simulationSvg(report), session.terminal);
  session.say(`Wrote ${file}.`);
}
