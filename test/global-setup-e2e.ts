import type { TestProject } from 'vitest/node';
import { progressOn } from '../src/servers/progress.ts';
import { ensureTemporalCli } from '../src/servers/temporal-cli.ts';

/** End-to-end tests start dev servers of their own; this makes sure that there is something to start. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('temporalCli', await ensureTemporalCli(progressOn(process.stderr)));
}
