/** Setup file of projects that run workers: once per process, before the first worker or environment. */
import { DefaultLogger, Runtime } from '@temporalio/worker';

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR' } },
  workerHeartbeatInterval: 0,
});
