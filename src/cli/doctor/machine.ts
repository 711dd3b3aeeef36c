import { readdir, readFile, statfs } from 'node:fs/promises';
import { findDevState, readDevState } from '../../client/dev-state.ts';
import { probeMountNamespace } from '../../local-aws/container/namespace.ts';
import { serverCacheDir } from '../../servers/cache-dir.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** Bytes. The dev server, its build and a few models take that much. */
const ROOMY = 5e9;

/** Everything about this machine that needs no network. */
export async function checkMachine(env: NodeJS.ProcessEnv, cwd: string): Promise<readonly Finding[]> {
  return [
    await checkNode(),
    ...(await Promise.all([checkContainer(), checkServerCache(env), checkDisk(cwd)])),
    checkDev(cwd),
  ];
}

async function checkNode(): Promise<Finding> {
  const manifest: unknown = JSON.parse(
    await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  const wanted = wantedNode(manifest);
  return newEnough(process.versions.node, wanted)
    ? ok('node', process.version)
    : fail('node', process.version, `Install Node.js ${wanted} or later.`);
}

/** The version in `"engines": { "node": ">=20.19" }`. */
function wantedNode(manifest: unknown): string {
  const range = /"node":">=([\d.]+)"/.exec(JSON.stringify(manifest));
  if (range?.[1] === undefined) throw new TypeError('package.json says no Node.js version');
  return range[1];
}

function newEnough(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

async function checkContainer(): Promise<Finding> {
  const { supported, how, why } = await probeMountNamespace();
  return supported
    ? ok(
        'container',
        `training on the local AWS endpoint sees /opt/ml (mount namespace, ${how === 'root' ? 'as root' : 'as an ordinary user'})`,
      )
    : warn(
        'container',
        `training on the local AWS endpoint does not see /opt/ml: ${why ?? 'no reason given'}`,
        'Training code must use the SM_* variables here; absolute /opt/ml paths need Linux with unprivileged user ' +
          'namespaces (sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0).',
      );
}

async function checkServerCache(env: NodeJS.ProcessEnv): Promise<Finding> {
  const directory = serverCacheDir(env, process.platform);
  const names = await readdir(directory).catch(() => []);
  const servers = names.filter((name) => !name.startsWith('.') && !name.endsWith('.lock')).sort();
  return ok(
    'server cache',
    `${directory}: ${servers.length === 0 ? 'empty, filled when first needed' : servers.join(', ')}`,
  );
}

async function checkDisk(cwd: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(cwd);
  const free = bavail * bsize;
  const found = `${(free / 1e9).toFixed(1)} GB free at ${cwd}`;
  return free >= ROOMY
    ? ok('disk', found)
    : warn('disk', found, `Make room: less than ${ROOMY / 1e9} GB is little for data and models.`);
}

function checkDev(cwd: string): Finding {
  const alive = findDevState(cwd);
  if (alive !== undefined) return ok('trainyard dev', `runs as pid ${alive.pid}, data in ${alive.dataDir}`);
  const stale = readDevState(cwd);
  return stale === undefined
    ? ok('trainyard dev', 'does not run in this folder')
    : warn(
        'trainyard dev',
        `process ${stale.pid} was killed and left its state behind`,
        'Start it again: trainyard dev cleans up.',
      );
}
