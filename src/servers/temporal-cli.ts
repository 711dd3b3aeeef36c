import { acquireServer, type Machine, type Maker, type ServerKind, thisMachine } from './acquire.ts';
import { findOnPath, isExecutable, runCommand } from './command.ts';
import { downloadServer } from './download.ts';
import type { Progress } from './progress.ts';

/** Later versions of the module carry a `replace` directive, and `go install` refuses those. */
const VERSION = '1.5.1';
const MODULE = `github.com/temporalio/cli/cmd/temporal@v${VERSION}`;
/** Worker deployments and update-with-start behave as Trainyard expects from here on. */
const OLDEST_SERVER = [1, 29] as const;

/** Path of a `temporal` whose `server start-dev` Trainyard can use; gets one if there is none. */
export async function ensureTemporalCli(
  progress: Progress,
  machine: Machine = thisMachine(),
): Promise<string> {
  return await acquireServer(TEMPORAL_CLI, progress, machine);
}

const download: Maker = {
  name: 'download from temporal.download',
  title: 'Downloading the Temporal dev server (once)',
  async make(into, machine) {
    await downloadServer({ artifact: 'cli', version: `v${VERSION}`, into, ...machine });
  },
};

const goInstall: Maker = {
  name: 'go install',
  title: 'Building the Temporal dev server with Go (once, about 5 minutes)',
  async make(into, machine, detail) {
    const go = await findOnPath('go', machine.env, machine.platform);
    if (go === undefined) throw new Error('no go on PATH');
    // GOFLAGS and GOOS of another project would change what is built.
    const env = { ...machine.env, GOBIN: into, GOFLAGS: '', GOOS: '', GOARCH: '' };
    const { exitCode, tail } = await runCommand(go, ['install', '-v', MODULE], {
      cwd: into,
      env,
      onLine: detail,
      signal: machine.signal,
    });
    if (exitCode !== 0) throw new Error(`go install ${MODULE} failed: ${tail.slice(-3).join(' | ')}`);
  },
};

const TEMPORAL_CLI: ServerKind = {
  title: 'Temporal dev server',
  variable: 'TRAINYARD_TEMPORAL_CLI',
  command: 'temporal',
  directory: `temporal-cli-${VERSION}`,
  makers: [download, goInstall],
  remedy:
    'Install Go 1.23 or later (https://go.dev/dl) and run this again, or install the Temporal CLI ' +
    '(https://docs.temporal.io/cli) and put it on PATH or name it in TRAINYARD_TEMPORAL_CLI.',
  async check(path, machine) {
    if (!(await isExecutable(path))) return 'there is no executable file';
    try {
      // A binary that `go install` made calls itself 0.0.0-DEV; the server's version is always there.
      const { tail } = await runCommand(path, ['--version'], {
        env: machine.env,
        timeout: 20_000,
        signal: machine.signal,
      });
      const version = /\(Server (\d+)\.(\d+)\.(\d+)/.exec(tail.join(' '));
      if (version === null)
        return `it is not the Temporal CLI (--version prints ${JSON.stringify(tail.join(' ').slice(0, 80))})`;
      const [major, minor] = OLDEST_SERVER;
      const older =
        Number(version[1]) < major || (Number(version[1]) === major && Number(version[2]) < minor);
      return older
        ? `${path} has server ${version[1] ?? ''}.${version[2] ?? ''}; ${major}.${minor} or later is needed`
        : undefined;
    } catch (error) {
      return `it cannot be run (${error instanceof Error ? error.message : String(error)})`;
    }
  },
};
