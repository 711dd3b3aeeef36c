import { connect as connectTcp } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import type { ConnectionSettings } from './connection.ts';
import { explainRpcError, grpcErrorOf, unreachable } from './rpc-error.ts';

/** How long a server may take to accept a connection, in milliseconds. */
const CONNECT_MS = 5_000;
const DEFAULT_PORT = 7233;

/** @throws TrainyardError TEMPORAL_UNREACHABLE, TEMPORAL_DENIED, TEMPORAL_REFUSED */
export async function connectClient(settings: ConnectionSettings): Promise<Client> {
  return new Client({ connection: await connectTemporal(settings), namespace: settings.namespace });
}

/** @throws TrainyardError TEMPORAL_UNREACHABLE, TEMPORAL_DENIED, TEMPORAL_REFUSED */
export async function connectTemporal(settings: ConnectionSettings): Promise<Connection> {
  const { address, apiKey, tls, metadata } = settings;
  // gRPC tries for the whole time and then cannot say why; a closed port or an unknown host shows at once here.
  const obstacle = usesProxy(process.env) ? undefined : await tcpObstacle(address);
  if (obstacle !== undefined) throw unreachable(settings, obstacle, undefined);
  const connection = Connection.lazy({
    address,
    connectTimeout: CONNECT_MS,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(tls === undefined ? {} : { tls }),
    ...(metadata === undefined ? {} : { metadata }),
  });
  try {
    await connection.ensureConnected();
    return connection;
  } catch (error) {
    await connection.close();
    if (grpcErrorOf(error) !== undefined) throw explainRpcError(error, settings);
    const encryption = tls === undefined || tls === false ? 'without TLS' : 'with TLS';
    throw unreachable(
      settings,
      `something listens there, but does not answer as Temporal ${encryption} within 5 s.`,
      error,
    );
  }
}

/** gRPC honours these variables, so that the address itself need not be reachable. */
function usesProxy(env: NodeJS.ProcessEnv): boolean {
  return ['grpc_proxy', 'https_proxy', 'http_proxy'].some((name) => (env[name] ?? '') !== '');
}

/** Why no TCP connection can be made, in words; undefined when one can. */
function tcpObstacle(address: string): Promise<string | undefined> {
  const { host, port } = hostAndPort(address);
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout: CONNECT_MS });
    const settle = (obstacle?: string): void => {
      socket.destroy();
      resolve(obstacle);
    };
    socket.once('connect', () => settle());
    socket.once('timeout', () => settle('no answer within 5 s.'));
    socket.once('error', (error) => settle(tcpWords(error, host)));
  });
}

function tcpWords(error: Error, host: string): string {
  const code = 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name ${host} is not known.`;
    default:
      return `${error.message}.`;
  }
}

/** @throws TrainyardError CONNECTION_CONFIG */
export function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/\s]+))(?::(\d{1,5}))?$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new TrainyardError('CONNECTION_CONFIG', `"${address}" is no address of a Temporal server.`, {
      hint: 'Write host:port, for example localhost:7233 or [::1]:7233, without http://.',
    });
  }
  return { host, port };
}
