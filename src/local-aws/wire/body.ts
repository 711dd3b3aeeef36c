import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';

/** Requests of SageMaker are far smaller; SNS messages may have 256 KiB, percent-encoded up to three times that. */
export const MAX_BODY_BYTES = 1_048_576;
/** What is read and thrown away so that the connection survives; beyond it the connection is closed. */
const MAX_DRAINED_BYTES = 64 * MAX_BODY_BYTES;

/** @throws AwsError RequestEntityTooLargeException after the body has been read to its end, so that an answer arrives */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > MAX_DRAINED_BYTES) break;
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new AwsError(
      'RequestEntityTooLargeException',
      `Request size exceeds the limit of ${MAX_BODY_BYTES} bytes.`,
      413,
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}
