import 'vitest';

/** What global setups hand to tests through `inject`. */
declare module 'vitest' {
  interface ProvidedContext {
    /** Project `workflow`. */
    workflowBundlePath: string;
    testServerExecutable: string;
    /** Port of the test server that was started once for all files. */
    testServerPort: number;
    /** Project `e2e`. */
    temporalCli: string;
  }
}
