import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { loopbackLookup } from './loopback.ts';

/** SNS gives an endpoint 15 seconds (docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html). */
const TIMEOUT_MS = 15_000;

export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly onlyLoopback: boolean;
  readonly signal: AbortSignal;
}

/** Sends one POST, follows no redirect and reads no answer but its status. */
export async function post({ url, headers, body, onlyLoopback, signal }: Post): Promise<number> {
  const bytes = Buffer.from(body);
  return await new Promise<number>((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(bytes.length) },
        agent: false,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        ...(onlyLoopback ? { lookup: loopbackLookup } : {}),
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        response.on('error', () => undefined);
        response.resume();
      },
    );
    request.on('error', reject);
    request.end(bytes);
  });
}
