import { FakeJobDirectory } from '../fixtures/fake-job-directory.ts';
import { describeJobDirectory } from './job-directory.suite.ts';

describeJobDirectory('in-memory fake', { lists: true }, () => {
  const directory = new FakeJobDirectory();
  let now = 1;
  return Promise.resolve({
    directory,
    open: (jobId, queue) => {
      const runId = `run-${++now}`;
      directory.open(jobId, { runId, at: now, ...(queue === undefined ? {} : { queue }) });
      return Promise.resolve(runId);
    },
    terminate: (jobId) => {
      directory.close(jobId, ++now);
      return Promise.resolve();
    },
    continueAsNew: (jobId) => {
      directory.continueAsNew(jobId, ++now);
      return Promise.resolve();
    },
    settled: async (holds) => {
      if (!(await holds())) throw new Error('the list does not show what was done');
    },
    cutOff: () => {
      directory.broken.add('stateOf').add('openJobs');
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
});
