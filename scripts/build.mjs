// Builds the publishable package: type-checked JavaScript in dist/, and the workflow bundle that workers load.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

function files(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

const tsc = spawnSync(
  process.execPath,
  [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

// Data files that tsc leaves behind (it copies only the JSON that is imported).
for (const file of files(join(root, 'src'))) {
  if (file.endsWith('.ts')) continue;
  const target = join(root, 'dist', file.slice(join(root, 'src').length));
  if (existsSync(target) && statSync(target).mtimeMs >= statSync(file).mtimeMs) continue;
  mkdirSync(dirname(target), { recursive: true });
  cpSync(file, target);
}

// The workflow bundle takes a second to make, so it is kept while its sources stay the same.
const sources = ['jobs', 'workflows', 'scheduling']
  .map((folder) => join(root, 'src', folder))
  .filter(existsSync)
  .flatMap(files)
  .sort();
const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
for (const file of sources) hash.update(file).update(readFileSync(file));
const digest = hash.digest('hex');
const bundlePath = join(root, 'dist/workflow-bundle.cjs');
const stampPath = join(root, 'node_modules/.cache/workflow-bundle.sha256');
const fresh = existsSync(bundlePath) && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === digest;
if (!fresh) {
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'dist/workflows/index.js'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  writeFileSync(bundlePath, code);
  mkdirSync(dirname(stampPath), { recursive: true });
  writeFileSync(stampPath, digest);
}

// So that `npx trainyard` in the checkout runs this very build instead of asking the registry.
const main = join(root, 'dist/cli/main.js');
chmodSync(main, 0o755);
const link = join(root, 'node_modules/.bin/trainyard');
if (process.platform !== 'win32' && !existsSync(link)) symlinkSync('../../dist/cli/main.js', link);
