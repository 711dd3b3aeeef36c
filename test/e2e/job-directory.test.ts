import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { describeJobDirectory } from '../conformance/job-directory.suite.ts';
import { devServer } from '../support/dev-server.ts';
import { temporalDirectoryWorld } from '../support/temporal-directory-world.ts';

describeJobDirectory('Temporal dev server', { lists: true }, async () => {
  const server = await devServer();
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  return temporalDirectoryWorld(new Client({ connection }), native, {
    cutOff: () => connection.close(),
    close: async () => {
      await native.close();
      await server.stop();
    },
  });
});
