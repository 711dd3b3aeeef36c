import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, inject } from 'vitest';
import { timeSkippingEnvironment } from '../support/time-skipping.ts';

/** What plays use of a time-skipping environment. */
export type PlayEnvironment = Readonly<
  Pick<TestWorkflowEnvironment, 'client' | 'nativeConnection' | 'sleep'>
>;

/**
 * A time-skipping environment for all tests of the file that asks for it at its top, torn down after them.
 *
 * A play that failed or stood still may have left a workflow task open, and then that server skips no time for anybody any more:
 * whatever comes next, the same play tried again above all, gets a new server.
 */
export async function environmentOfThisFile(): Promise<PlayEnvironment> {
  const start = (): Promise<TestWorkflowEnvironment> => timeSkippingEnvironment(inject('testServer'));
  let current = await start();
  afterEach(async ({ task }) => {
    // What stood still may be using the one before for as long as this process lives, and it ends with the process.
    if (task.result?.state === 'fail') current = await start();
  });
  afterAll(() => current.teardown());
  return {
    get client() {
      return current.client;
    },
    get nativeConnection() {
      return current.nativeConnection;
    },
    sleep: (time) => current.sleep(time),
  };
}
