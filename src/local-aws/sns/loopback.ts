import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Host of a URL without the brackets of IPv6. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/**
 * Whether the endpoint is on this machine. Otherwise anybody who may subscribe could make the endpoint send requests into
 * the network that it runs in.
 */
export async function isOnThisMachine(url: URL): Promise<boolean> {
  const host = hostOf(url);
  if (isIP(host) !== 0) return isLoopback(host);
  const addresses = await new Promise<readonly LookupAddress[]>((resolve) =>
    systemLookup(host, { all: true }, (error, found) => resolve(error === null ? found : [])),
  );
  return addresses.some(({ address }) => isLoopback(address));
}

/**
 * For `http.request`: resolves to loopback addresses only, whatever the name resolved to before. A host that is an
 * address is not looked up at all, so that it has to be checked by isOnThisMachine.
 */
export const loopbackLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, found) => {
    if (error !== null) {
      callback(error, '');
      return;
    }
    const allowed = found.filter(({ address }) => isLoopback(address));
    const [first] = allowed;
    if (first === undefined) callback(new Error(`${hostname} is not on this machine`), '');
    else if (options.all === true) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};
