import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { progressOn } from '../src/servers/progress.ts';
import { ensureTestServer } from '../src/servers/test-server.ts';
import { withClassArchive } from './support/class-archive.ts';
import { writeWorkflowBundle } from './support/workflow-bundle.ts';

const ARCHIVE = fileURLToPath(
  new URL('../node_modules/.cache/trainyard-test/test-server.jsa', import.meta.url),
);

/** Once for all workflow tests: the bundle of the sources as they are now, and a time-skipping server that starts quickly. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const executable = await ensureTestServer(progressOn(process.stderr));
  const bundle = await writeWorkflowBundle();
  project.provide('workflowBundlePath', bundle.path);
  project.provide('testServer', await withClassArchive(executable, ARCHIVE, bundle.path));
  return () => bundle.remove();
}
