// Healthy when Temporal has lately seen a worker of this container ask for work.
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { resolveConnection } from '../../dist/client/connection.js';
import { pollersOf } from '../../dist/servers/pollers.js';

const { address, namespace, apiKey, tls, metadata, taskQueue } = resolveConnection();
const connection = await Connection.connect({ address, apiKey, tls, metadata, connectTimeout: 4_000 });
const { workflow, activity } = await pollersOf(connection, namespace, taskQueue);
await connection.close();
const here = (identity) => identity.endsWith(`@${hostname()}`);
if (!workflow.some(here) || !activity.some(here)) {
  console.error(
    `No worker on ${hostname()} serves task queue ${taskQueue}: ${[...workflow, ...activity].join(', ')}`,
  );
  process.exit(1);
}
