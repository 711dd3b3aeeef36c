import { isIPv4 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hostsFile, LoopbackAddresses } from '../../../src/local-aws/container/addresses.ts';

describe('loopback addresses', () => {
  it('are valid, distinct and clear of 127.0', () => {
    const addresses = new LoopbackAddresses().allocate('/jobs/a', 300);
    expect(new Set(addresses).size).toBe(300);
    expect(
      addresses.every(
        (address) => isIPv4(address) && address.startsWith('127.') && !address.startsWith('127.0.'),
      ),
    ).toBe(true);
  });

  it('differ between runs that are alive at once', () => {
    const pool = new LoopbackAddresses();
    const all = Array.from({ length: 2000 }, (_, run) => pool.allocate(`/jobs/${run}`, 2)).flat();
    expect(new Set(all).size).toBe(4000);
  });

  it('that an earlier endpoint process gave are not given again until they are released', () => {
    const [wanted = ''] = new LoopbackAddresses().allocate('/jobs/a', 1);
    const pool = new LoopbackAddresses();
    pool.adopt('/jobs/a', [wanted]);
    const again = new LoopbackAddresses();
    expect(again.allocate('/jobs/a', 1)).toEqual([wanted]);
    pool.adopt('/jobs/other', [wanted]);
    expect(pool.allocate('/jobs/a', 1)).not.toEqual([wanted]);
    pool.release('/jobs/other');
    pool.release('/jobs/a');
    expect(pool.allocate('/jobs/a', 1)).toEqual([wanted]);
  });
});

it('a hosts file keeps the machine’s entries and replaces those of the same names', () => {
  expect(hostsFile('127.0.0.1 localhost\n10.0.0.9 algo-1 # old\n', { 'algo-1': '127.1.2.1' })).toBe(
    '127.0.0.1 localhost\n127.1.2.1\talgo-1\n',
  );
});
