import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { type Answer, awsJsonError } from './wire/answer.ts';
import { internalFailure } from './wire/aws-error.ts';

/** What a handler makes of a request: an answer, or nothing, which resets the connection. */
export type Handled = Answer | 'reset';
export type Handler = (request: IncomingMessage, requestId: string) => Promise<Handled>;

const LOOPBACK = '127.0.0.1';
/** Longer than clients keep idle connections, so that they never send into one that is being closed. */
const KEEP_ALIVE_MS = 75_000;
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * An HTTP server on the loopback interface. Every answer gets a request id; whatever goes wrong in a handler becomes a
 * 500 of AWS's form, and what is not HTTP gets a 400.
 */
export class HttpServer {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, port: number, sockets: Set<Socket>) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
  }

  /**
   * @param port 0 picks a free one.
   * @throws TrainyardError PORT_TAKEN
   */
  static async listen(port: number, handler: Handler, log: (line: string) => void): Promise<HttpServer> {
    const server = createServer(
      { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_TIMEOUT_MS },
      (request, response) => {
        const requestId = randomUUID();
        // A client that goes away while it sends or receives is its own affair.
        request.on('error', () => undefined);
        response.on('error', () => undefined);
        handler(request, requestId)
          .catch((error: unknown) => {
            if (request.destroyed && !request.complete) return 'reset' as const;
            log(
              `request ${requestId} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
            );
            return awsJsonError(internalFailure());
          })
          .then((handled) => send(request, response, requestId, handled))
          .catch((error: unknown) => {
            log(`request ${requestId}: no answer could be sent: ${String(error)}`);
            request.socket.destroy();
          });
      },
    );
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.on('clientError', (_error, socket) => {
      if (socket.writable)
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      else socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          cause.code === 'EADDRINUSE' || cause.code === 'EACCES'
            ? new TrainyardError(
                'PORT_TAKEN',
                `The local AWS endpoint cannot listen on ${LOOPBACK}:${port}.`,
                { cause },
              )
            : cause,
        ),
      );
      server.listen(port, LOOPBACK, resolve);
    });
    server.on('error', (error) => log(`server: ${error.message}`));
    return new HttpServer(server, (server.address() as AddressInfo).port, sockets);
  }

  get url(): string {
    return `http://${LOOPBACK}:${this.port}`;
  }

  /** Stops listening; requests under way have `graceMs` to be answered. */
  async close(graceMs = 1_000): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(timer);
  }
}

function send(request: IncomingMessage, response: ServerResponse, requestId: string, handled: Handled): void {
  if (handled === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const body = Buffer.from(handled.body);
  response.writeHead(handled.status, {
    'content-type': handled.contentType,
    'content-length': body.length,
    'x-amzn-RequestId': requestId,
    // What could not be read to its end makes the rest of the connection unusable.
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
