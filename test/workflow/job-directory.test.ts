import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { describeJobDirectory } from '../conformance/job-directory.suite.ts';
import { temporalDirectoryWorld } from '../support/temporal-directory-world.ts';
import { timeSkippingEnvironment } from '../support/time-skipping.ts';

/** It has no ListWorkflowExecutions: what needs a list cannot be told. */
describeJobDirectory('time-skipping test server', { lists: false }, async () => {
  const environment = await timeSkippingEnvironment(inject('testServer'));
  const connection = await Connection.connect({ address: environment.address });
  return temporalDirectoryWorld(new Client({ connection }), environment.nativeConnection, {
    cutOff: () => connection.close(),
    close: () => environment.teardown(),
  });
});
