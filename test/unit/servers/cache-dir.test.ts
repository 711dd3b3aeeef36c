import { expect, test } from 'vitest';
import { serverCacheDir } from '../../../src/servers/cache-dir.ts';

test.each<[string, NodeJS.Platform, NodeJS.ProcessEnv, string]>([
  ['Linux: ~/.cache', 'linux', { HOME: '/home/ana' }, '/home/ana/.cache/trainyard'],
  ['Linux: XDG_CACHE_HOME', 'linux', { HOME: '/home/ana', XDG_CACHE_HOME: '/big' }, '/big/trainyard'],
  [
    'Linux: a relative XDG_CACHE_HOME counts as unset',
    'linux',
    { HOME: '/home/ana', XDG_CACHE_HOME: 'x' },
    '/home/ana/.cache/trainyard',
  ],
  ['macOS: ~/Library/Caches', 'darwin', { HOME: '/Users/ana' }, '/Users/ana/Library/Caches/trainyard'],
])('%s', (_what, platform, env, want) => {
  expect(serverCacheDir(env, platform)).toBe(want);
});
