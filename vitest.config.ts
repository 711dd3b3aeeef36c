import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** One file per core at a time (Vitest would leave a core idle). */
const cores = availableParallelism();

/** Projects that start servers or processes, each file its own. */
const servers = {
  testTimeout: 60_000,
  hookTimeout: 180_000,
  teardownTimeout: 30_000,
};

/** What is played in real time comes last, and not beside what keeps the cores busy. */
const realTime = { ...servers, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: cores,
    // The SDK's plans for later versions of Node are not what a test is about.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        extends: true,
        // One process for many files: half of the time went into starting processes and loading the same modules.
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: 'test/support/property-seed.ts',
          isolate: false,
        },
      },
      { extends: true, test: { name: 'replay', include: ['test/replay/**/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], ...realTime },
      },
      {
        extends: true,
        test: {
          name: 'workflow',
          include: ['test/workflow/**/*.test.ts'],
          globalSetup: 'test/global-setup-workflow.ts',
          setupFiles: 'test/support/temporal-runtime.ts',
          ...servers,
          // The test server now and then forgets a workflow task of a workflow that is cancelled while an activity completes, and
          // in one play of fifty or so it calls an activity started that no worker has got. Such a play stands still until its timeout.
          retry: 4,
          testTimeout: 40_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/global-setup-e2e.ts',
          setupFiles: 'test/support/temporal-runtime.ts',
          ...realTime,
        },
      },
    ],
  },
});
