import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from './aws-error.ts';

/** The names of this machine that resolve to it whatever a DNS server says (RFC 6761 §6.3), with any port. */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost\.?|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whoever reaches the endpoint can run programs, and the pages in a browser on this machine reach it. They are told by
 * what a browser adds and a page cannot take away: `Origin` on every request but plain GETs, and a `Host` of the page's own
 * domain where that was made to resolve to loopback (DNS rebinding). AWS clients send no Origin.
 * @returns the refusal, undefined for a request that no page can have sent
 */
export function refusalOfWebPage(headers: IncomingHttpHeaders): AwsError | undefined {
  if (headers.origin !== undefined) {
    return refusal(
      'it has an Origin header, so a web page sent it. Use an AWS client, or curl without Origin.',
    );
  }
  if (LOOPBACK_HOST.test(headers.host ?? '')) return undefined;
  return refusal('its Host is none of 127.0.0.1, localhost and [::1]. Address the endpoint by one of these.');
}

const refusal = (why: string): AwsError =>
  new AwsError('AccessDeniedException', `The local AWS endpoint refuses this request: ${why}`, 403);
