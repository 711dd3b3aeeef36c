import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, inject } from 'vitest';
import { timeSkippingEnvironment } from '../support/time-skipping.ts';

/** A time-skipping environment for all tests of the file that asks for it at its top, torn down after them. */
export async function environmentOfThisFile(): Promise<TestWorkflowEnvironment> {
  const environment = await timeSkippingEnvironment(inject('testServer'));
  afterAll(() => environment.teardown());
  return environment;
}
