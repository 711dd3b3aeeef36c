import 'vitest';
import type { TestServer } from './test-server-process.ts';

/** What global setups hand to tests through `inject`. */
declare module 'vitest' {
  interface ProvidedContext {
    /** Projects `workflow` and `e2e`: all workflows, and those that tests add. */
    workflowBundlePath: string;
    /** Project `workflow`. */
    testServer: TestServer;
    /** Project `e2e`. */
    temporalCli: string;
  }
}
