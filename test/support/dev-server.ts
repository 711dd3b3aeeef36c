import { startDevServer, type DevServer } from '../../src/servers/dev-server.ts';
import { jobAttributes } from '../../src/workflows/contract.ts';
import { inject } from 'vitest';

/**
 * A real dev server on a free port with Trainyard's search attributes and without Web UI. With `dbFile` it can be killed
 * and started again on the same `port` with everything it knew.
 */
export async function devServer(
  options: { readonly dbFile?: string; readonly port?: number } = {},
): Promise<DevServer> {
  return await startDevServer({
    executable: inject('temporalCli'),
    port: options.port ?? 0,
    uiPort: false,
    searchAttributes: Object.values(jobAttributes),
    ...(options.dbFile === undefined ? {} : { dbFile: options.dbFile, logFile: `${options.dbFile}.log` }),
  });
}
