/*
 * Builds the publishable package: type-checked JavaScript in dist/, and the workflow bundle that workers load.
 *
 * Everything that the next build knows about this one is inside dist/ (tsc's build info, and the digests of what was
 * built), so that removing dist/ is a clean build. Builds of one checkout wait for each other.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from './build-lock.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const src = join(root, 'src');
const dist = join(root, 'dist');
const BUILD_INFO = '.tsbuildinfo';
const DIGESTS = '.build.json';
const BUNDLE = 'workflow-bundle.cjs';
/** Besides the sources, what decides about the outputs. The lock file stands for node_modules. */
const SETTINGS = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'];

if (!isUpToDate()) {
  await withBuildLock(join(root, 'node_modules/.cache/trainyard-build.lock'), async () => {
    // Another build may have done it meanwhile.
    if (!isUpToDate()) await build();
  });
}
if (process.exitCode === undefined) linkCommand();

function isUpToDate() {
  return lastDigests().all === digestOf(['.']) && missingOutputs().length === 0;
}

async function build() {
  const all = digestOf(['.']);
  const bundle = digestOf(['jobs', 'workflows', 'scheduling', 'queues', 'workflow-code.ts']);
  const before = lastDigests();
  rmSync(join(dist, DIGESTS), { force: true });
  // tsc believes its build info, even where an output is gone.
  if (missingOutputs().length > 0) rmSync(join(dist, BUILD_INFO), { force: true });
  process.exitCode = runTsc();
  if (process.exitCode !== undefined) return;
  copyDataFiles();
  removeStrays();
  // The bundle takes a second to make, so it is kept while its sources stay the same.
  if (before.bundle !== bundle || !existsSync(join(dist, BUNDLE))) await writeBundle();
  chmodSync(join(dist, 'cli/main.js'), 0o755);
  writeWhole(join(dist, DIGESTS), JSON.stringify({ all, bundle }));
}

function lastDigests() {
  try {
    return JSON.parse(readFileSync(join(dist, DIGESTS), 'utf8'));
  } catch {
    return {};
  }
}

/** Digest of the settings and of these files, and everything in these folders, of src/. */
function digestOf(names) {
  const hash = createHash('sha256').update(process.version);
  const sources = names
    .map((name) => join(src, name))
    .filter(existsSync)
    .flatMap((path) => (path.endsWith('.ts') ? [path] : filesIn(path)));
  for (const file of [...SETTINGS.map((name) => join(root, name)), ...sources.sort()]) {
    hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** Names inside dist/ of what is made of a source. */
function outputsOf(file) {
  const name = relative(src, file);
  if (!name.endsWith('.ts')) return [name];
  const stem = name.slice(0, -'.ts'.length);
  return [`${stem}.js`, `${stem}.js.map`, `${stem}.d.ts`];
}

function missingOutputs() {
  return [...filesIn(src).flatMap(outputsOf), BUNDLE].filter((name) => !existsSync(join(dist, name)));
}

/** Its exit code, undefined for success. What is wrong it has printed. */
function runTsc() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0 ? undefined : (status ?? 1);
}

/** What tsc leaves behind: it copies only the JSON that is imported. */
function copyDataFiles() {
  for (const file of filesIn(src).filter((name) => !name.endsWith('.ts'))) {
    const target = join(dist, relative(src, file));
    if (existsSync(target) && readFileSync(target).equals(readFileSync(file))) continue;
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}

/** Outputs whose source is gone would be published. */
function removeStrays() {
  const wanted = new Set([...filesIn(src).flatMap(outputsOf), BUNDLE, BUILD_INFO]);
  for (const file of filesIn(dist)) {
    if (!wanted.has(relative(dist, file))) rmSync(file, { force: true });
  }
  removeEmptyFolders(dist);
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

async function writeBundle() {
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const { workflowCode } = await import(join(dist, 'workflow-code.js'));
  const { code } = await bundleWorkflowCode({
    ...workflowCode(),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  writeWhole(join(dist, BUNDLE), code);
}

/** Under another name first: a worker that starts now reads the old file or the new one, not half of it. */
function writeWhole(path, content) {
  writeFileSync(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}

/** So that `npx trainyard` in the checkout runs this very build instead of asking the registry. */
function linkCommand() {
  const link = join(root, 'node_modules/.bin/trainyard');
  if (process.platform === 'win32' || existsSync(link)) return;
  try {
    symlinkSync('../../dist/cli/main.js', link);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}
