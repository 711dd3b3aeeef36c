/** Setup file of projects that run workers: once per process, before the first worker or environment. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { watchForLostTasks } from '../workflow/lost-task.ts';

const errors = new DefaultLogger('ERROR');

Runtime.install({
  logger: new DefaultLogger('WARN', (entry) => {
    watchForLostTasks(entry);
    errors.log(entry.level, entry.message, entry.meta);
  }),
  telemetryOptions: { logging: { filter: 'ERROR,temporalio_sdk_core=WARN', forward: {} } },
  workerHeartbeatInterval: 0,
});
