import { invalidParameter } from './errors.ts';
import { isOnThisMachine } from './loopback.ts';
import { PROTOCOLS, type Protocol } from './state.ts';

const MAX_LENGTH = 2_048;

/**
 * Whether messages can be sent there.
 * @throws AwsError InvalidParameter
 */
export async function checkEndpoint(
  asked: { readonly protocol: string; readonly endpoint: string; readonly fifo: boolean },
  { onlyLoopback }: { readonly onlyLoopback: boolean },
): Promise<{ readonly protocol: Protocol; readonly endpoint: string }> {
  const { endpoint, fifo } = asked;
  const protocol = PROTOCOLS.find((known) => known === asked.protocol);
  if (protocol === undefined) {
    throw invalidParameter(`Amazon SNS does not support this protocol string: ${asked.protocol}`);
  }
  // Not AWS's text: its FIFO topics deliver to SQS only, which is not here.
  if (fifo) throw invalidParameter(`Protocol Reason: FIFO topics do not deliver to ${protocol}`);
  if (endpoint === '' || endpoint.length > MAX_LENGTH) throw invalidParameter('Endpoint');
  if (protocol === 'http' || protocol === 'https') {
    if (!endpoint.startsWith(`${protocol}://`)) {
      throw invalidParameter('Endpoint must match the specified protocol');
    }
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    if (url === undefined) throw invalidParameter('Endpoint');
    if (onlyLoopback && !(await isOnThisMachine(url))) {
      // Not AWS's text: AWS delivers anywhere.
      throw invalidParameter(
        `Endpoint Reason: ${url.host} is not on this machine, and the local AWS endpoint delivers nowhere else`,
      );
    }
  } else if (!/^[^\s@]{1,64}@[^\s@]{1,255}$/.test(endpoint)) {
    throw invalidParameter('Email address');
  }
  return { protocol, endpoint };
}
