import { join } from 'node:path';
import { runExampleJobs } from './example-jobs.ts';
import { stageExamples } from './examples-folder.ts';
import { borrowing } from './figures/borrowing.ts';
import { priority } from './figures/priority.ts';
import { runFigure } from './figures/run-figure.ts';
import { tutorial } from './figures/tutorial.ts';
import { withWorld, type World, type WorldOptions } from './world.ts';
import type { ExampleName } from './example-names.ts';

const RUN: Readonly<Record<ExampleName, (world: World) => Promise<boolean>>> = {
  jobs: runExampleJobs,
  'figure-1': (world) => runFigure(borrowing, world),
  'figure-2': (world) => runFigure(priority, world),
  tutorial: (world) => runFigure(tutorial, world),
};

/**
 * Plays the examples named, one after the other; each proves from what was recorded that it showed what it is there for.
 * Returns the exit code: 0 when all is proven, else 1.
 * @throws TrainyardError; the signal's reason when it aborts
 */
export async function runExamples(options: WorldOptions, names: readonly ExampleName[]): Promise<number> {
  stageExamples(join(options.awsDir, 's3'));
  return await withWorld(options, async (world) => {
    let shown = true;
    for (const name of names) shown = (await RUN[name](world)) && shown;
    return shown ? 0 : 1;
  });
}
