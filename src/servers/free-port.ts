import { createServer } from 'node:net';
import { TrainyardError } from '../jobs/error-catalogue.ts';

const LOOPBACK = '127.0.0.1';

/** A TCP port of 127.0.0.1 that nobody listens on. Somebody else may take it before it is used. */
export async function freePort(): Promise<number> {
  const port = await tryListen(0);
  if (port === undefined) throw new Error('The system gave no free port.');
  return port;
}

/** Which port to listen on: an explicit one must be free (PORT_TAKEN), the preferred one gives way to a free one. */
export async function choosePort(
  what: string,
  port: { readonly explicit?: number | undefined; readonly preferred: number },
): Promise<number> {
  const { explicit, preferred } = port;
  if (explicit === 0) return await freePort();
  const wanted = explicit ?? preferred;
  if ((await tryListen(wanted)) !== undefined) return wanted;
  if (explicit === undefined) return await freePort();
  throw new TrainyardError('PORT_TAKEN', `Port ${explicit} for ${what} is in use on ${LOOPBACK}.`, {
    hint: 'Stop what listens there, or ask for another port (0 picks a free one).',
  });
}

async function tryListen(port: number): Promise<number | undefined> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if ('code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')) resolve(undefined);
      else reject(error);
    });
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
