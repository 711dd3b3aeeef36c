import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where Trainyard keeps servers that it fetched or built: `trainyard` in the user's cache directory. Relative
 * XDG paths are ignored, as the XDG base directory specification demands.
 */
export function serverCacheDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  return join(userCacheDir(env, platform), 'trainyard');
}

function userCacheDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = env['HOME'] ?? homedir();
  if (platform === 'win32') return env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  const xdg = env['XDG_CACHE_HOME'];
  return xdg?.startsWith('/') ? xdg : join(home, '.cache');
}
