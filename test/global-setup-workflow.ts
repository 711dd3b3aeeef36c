import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { progressOn } from '../src/servers/progress.ts';
import { ensureTestServer } from '../src/servers/test-server.ts';
import { startTestServer } from './support/test-server-process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Once for all workflow tests: the bundle of the sources as they are now, and a warm time-skipping server. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const executable = await ensureTestServer(progressOn(process.stderr));
  const bundlePath = await writeBundle();
  const server = await startTestServer(executable);
  project.provide('testServerExecutable', executable);
  project.provide('testServerPort', server.port);
  project.provide('workflowBundlePath', bundlePath);
  return () => server.stop();
}

async function writeBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'src/workflows/index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  const directory = join(root, 'node_modules/.cache/trainyard-test');
  await mkdir(directory, { recursive: true });
  const path = join(directory, `workflow-bundle-${process.pid}.cjs`);
  await writeFile(path, code);
  return path;
}
