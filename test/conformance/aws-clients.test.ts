import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { awsClients, callerIdentity } from '../../src/aws/clients.ts';
import { sageMakerTrainingService } from '../../src/aws/sagemaker-training-service.ts';
import { classifyCallError } from '../../src/jobs/failure-classification.ts';
import { TrainingServiceError } from '../../src/ports/training-service.ts';
import { startTestEndpoint, TEST_CREDENTIALS } from '../support/local-aws/endpoint.ts';

const NOTHING_LISTENS = 1;

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** What does this to every connection; resolves with its port. */
async function serverThat(treats: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    treats(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function errorAt(port: number): Promise<TrainingServiceError> {
  const clients = awsClients(
    { region: 'us-east-1', endpoint: `http://127.0.0.1:${port}`, credentials: TEST_CREDENTIALS },
    { connectMs: 200, answerMs: 200 },
  );
  const error: unknown = await sageMakerTrainingService(clients.sageMaker)
    .describe('x')
    .catch((caught: unknown) => caught);
  clients.destroy();
  if (error instanceof TrainingServiceError) return error;
  throw new Error(`expected a TrainingServiceError, got ${String(error)}`);
}

const answer = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('a client whose endpoint', () => {
  const cases: Record<string, { treats?: (socket: Socket) => void; wantName: RegExp }> = {
    'is not there says so': { wantName: /^ECONNREFUSED$/ },
    'resets every connection says so': {
      treats: (socket) => socket.once('data', () => socket.resetAndDestroy()),
      wantName: /^ECONNRESET$/,
    },
    'closes every connection says so': {
      treats: (socket) => socket.once('data', () => socket.destroy()),
      wantName: /^ECONNRESET$/,
    },
    'never answers gives up': { treats: () => undefined, wantName: /^(ETIMEDOUT|TimeoutError)$/ },
    'stops in the middle of an answer gives up': {
      treats: (socket) =>
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{')),
      wantName: /^(ETIMEDOUT|TimeoutError|ECONNRESET)$/,
    },
    'answers with the error page of a proxy keeps the status': {
      treats: (socket) =>
        socket.on('data', () => socket.write(answer('503 Unavailable', '<html>busy</html>'))),
      wantName: /./,
    },
  };
  for (const [name, { treats, wantName }] of Object.entries(cases)) {
    it(`${name}, and the failure counts as transient`, async () => {
      const error = await errorAt(treats === undefined ? NOTHING_LISTENS : await serverThat(treats));
      expect(error.errorName).toMatch(wantName);
      expect(classifyCallError(error).class).toBe('transient');
      expect(error.message).not.toBe('');
    });
  }
});

describe('the caller identity', () => {
  it('is account and region of the endpoint', async () => {
    const endpoint = await startTestEndpoint();
    const clients = awsClients({
      region: 'us-east-1',
      endpoint: endpoint.aws.url,
      credentials: TEST_CREDENTIALS,
    });
    expect(await callerIdentity(clients)).toEqual({ account: '111122223333', region: 'us-east-1' });
    clients.destroy();
    await endpoint.close();
  });
});
