import { TestWorkflowEnvironment } from '@temporalio/testing';
import { inject } from 'vitest';
import { jobAttributes } from '../../src/workflows/contract.ts';
import { registerSearchAttributes } from '../../src/servers/search-attributes.ts';
import { startTestServer } from './test-server-process.ts';

/**
 * A time-skipping environment with Trainyard's search attributes, on a server of its own, which takes three seconds: a test that
 * leaves time locked (continue-as-new with open children, activities open when their workflow closes) would stop the clock of every
 * file after it. `fresh: false` uses the server that the global setup started. Call `teardown` at the end.
 */
export async function timeSkippingEnvironment(
  options: { readonly fresh?: boolean } = {},
): Promise<TestWorkflowEnvironment> {
  if (options.fresh === false) return await attach(inject('testServerPort'));
  const server = await startTestServer(inject('testServerExecutable'));
  const environment = await attach(server.port);
  const teardown = environment.teardown.bind(environment);
  environment.teardown = async () => {
    await teardown();
    await server.stop();
  };
  return environment;
}

/**
 * The SDK only skips time on servers that it started itself, so it is given a program that does nothing to start, and
 * the port of a server that is there already.
 */
async function attach(port: number): Promise<TestWorkflowEnvironment> {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { port, executable: { type: 'existing-path', path: '/usr/bin/true' } },
  });
  await registerSearchAttributes(environment.connection, 'default', Object.values(jobAttributes));
  return environment;
}
