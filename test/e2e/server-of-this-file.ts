import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, inject } from 'vitest';
import { devServer } from '../support/dev-server.ts';

export interface ServerOfThisFile {
  readonly address: string;
  readonly connection: Connection;
  readonly client: Client;
  /** What a worker needs. */
  readonly workerConnection: NativeConnection;
  readonly workflowBundle: { readonly codePath: string };
}

/** A dev server for all tests of the file that asks for it at its top, stopped after them. */
export async function serverOfThisFile(): Promise<ServerOfThisFile> {
  const server = await devServer();
  afterAll(() => server.stop());
  const { address } = server;
  const connection = await Connection.connect({ address });
  const workerConnection = await NativeConnection.connect({ address });
  // Hooks run in reverse: before the server stops.
  afterAll(async () => {
    await workerConnection.close();
    await connection.close();
  });
  const workflowBundle = { codePath: inject('workflowBundlePath') };
  return { address, connection, client: new Client({ connection }), workerConnection, workflowBundle };
}
