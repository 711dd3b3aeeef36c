import { describe, expect, it } from 'vitest';
import { refusalOfWebPage } from '../../../src/local-aws/wire/web-page.ts';

describe('a request that a web page may have sent', () => {
  it.each([
    ['from another site', { host: '127.0.0.1:4590', origin: 'http://evil.example' }],
    ['from a page of another local server', { host: '127.0.0.1:4590', origin: 'http://localhost:3000' }],
    ['from a file or a sandboxed frame', { host: '127.0.0.1:4590', origin: 'null' }],
    ['with an empty Origin', { host: '127.0.0.1:4590', origin: '' }],
    ['to a domain that resolves to loopback', { host: 'evil.example:4590' }],
    ['to a domain that begins as loopback does', { host: '127.0.0.1.evil.example:4590' }],
    ['to a domain that ends as loopback does', { host: 'evil-localhost:4590' }],
    ['to a domain below localhost', { host: 'evil.localhost:4590' }],
    ['to all addresses of the machine', { host: '0.0.0.0:4590' }],
    ['to an address of another machine', { host: '[::2]:4590' }],
    ['to a user at loopback', { host: 'localhost:4590@evil.example' }],
    ['without a Host', {}],
  ])('is refused: %s', (_name, headers) => {
    expect(refusalOfWebPage(headers)).toMatchObject({ status: 403, code: 'AccessDeniedException' });
  });
});

describe('a request of a program', () => {
  it.each([
    '127.0.0.1:4590',
    '127.0.0.1',
    'localhost:4590',
    'LocalHost:80',
    'localhost.:4590',
    '[::1]:4590',
    '[::1]',
  ])('is let in: Host %s', (host) => {
    expect(refusalOfWebPage({ host })).toBeUndefined();
  });
});
