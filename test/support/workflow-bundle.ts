import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workflowCode } from '../../src/workflow-code.ts';

export interface WrittenBundle {
  readonly path: string;
  remove(): Promise<void>;
}

/** The workflows of the sources as they are now, and those that tests add. */
export async function writeWorkflowBundle(): Promise<WrittenBundle> {
  const sources = workflowCode();
  const { code } = await bundleWorkflowCode({
    ...sources,
    workflowsPath: fileURLToPath(new URL('../workflow/queue-stage/workflows.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
    // Every worker reads the map of its bundle anew: lines for stack traces are enough.
    webpackConfigHook: (config) => ({
      ...sources.webpackConfigHook(config),
      devtool: 'inline-nosources-source-map',
    }),
  });
  const directory = await mkdtemp(join(tmpdir(), 'trainyard-bundle-'));
  const path = join(directory, 'workflow-bundle.cjs');
  await writeFile(path, code);
  return { path, remove: () => rm(directory, { recursive: true, force: true }) };
}
