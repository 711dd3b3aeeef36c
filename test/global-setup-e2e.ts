import type { TestProject } from 'vitest/node';
import { progressOn } from '../src/servers/progress.ts';
import { ensureTemporalCli } from '../src/servers/temporal-cli.ts';
import { writeWorkflowBundle } from './support/workflow-bundle.ts';

/** End-to-end tests start dev servers of their own; this makes sure that there is something to start, and workflows to run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('temporalCli', await ensureTemporalCli(progressOn(process.stderr)));
  const bundle = await writeWorkflowBundle();
  project.provide('workflowBundlePath', bundle.path);
  return () => bundle.remove();
}
