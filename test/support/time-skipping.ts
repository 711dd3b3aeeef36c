import { TestWorkflowEnvironment } from '@temporalio/testing';
import { jobAttributes } from '../../src/workflows/contract.ts';
import { registerSearchAttributes } from '../../src/servers/search-attributes.ts';
import { startTestServer, type TestServer, type TestServerProcess } from './test-server-process.ts';

/**
 * A time-skipping environment with Trainyard's search attributes, on a server of its own: a test that leaves time locked
 * (continue-as-new with open children, activities open when their workflow closes) stops the clock of everything after it on the
 * same server. `teardown` stops the server too.
 */
export async function timeSkippingEnvironment(server: TestServer): Promise<TestWorkflowEnvironment> {
  const process = await startTestServer(server);
  const environment = await attach(process);
  const teardown = environment.teardown.bind(environment);
  environment.teardown = async () => {
    await teardown();
    await process.stop();
  };
  return environment;
}

/**
 * An environment on a server that is there already. The SDK only skips time on servers that it started itself, so it is given a
 * program that does nothing to start.
 */
export async function attach({ port }: TestServerProcess): Promise<TestWorkflowEnvironment> {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { port, executable: { type: 'existing-path', path: '/usr/bin/true' } },
  });
  await registerSearchAttributes(environment.connection, 'default', Object.values(jobAttributes));
  return environment;
}
