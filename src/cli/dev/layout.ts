import { rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { ExampleName } from '../demo/example-names.ts';

/** What the flags of `trainyard dev` say. Ports: undefined is the usual one, or a free one if that is taken. */
export interface DevOptions {
  /** Directory that keeps everything. (Default: .trainyard) */
  readonly data: string | undefined;
  readonly port: number | undefined;
  readonly uiPort: number | undefined;
  readonly awsPort: number | undefined;
  /** Configuration file of the local AWS endpoint. */
  readonly awsConfig: string | undefined;
  readonly ui: boolean;
  /** Whether to start a worker. Without, one is started by hand. */
  readonly worker: boolean;
  /** Play these examples in a fresh world, then stop. */
  readonly examples: readonly ExampleName[] | false;
  /** With `examples`: go on after they have ended. */
  readonly keep: boolean;
}

/** Where a `trainyard dev` keeps what. Absolute paths. */
export interface DevLayout {
  readonly dataDir: string;
  /** Undefined: Temporal keeps everything in memory. */
  readonly temporalDb: string | undefined;
  readonly awsDir: string;
  /** Temporal's profile file for the servers of this dev. */
  readonly profileFile: string;
  log(name: string): string;
  /** A path as a person in the working directory would type it. */
  shown(path: string): string;
}

/** Examples get a directory of their own: it is emptied at each start, which must never happen to a user's data. */
export function layoutOf(options: Pick<DevOptions, 'data' | 'examples'>, cwd: string): DevLayout {
  const examples = options.examples !== false;
  const base = resolve(cwd, options.data ?? '.trainyard');
  const dataDir = examples ? join(base, 'examples') : base;
  return {
    dataDir,
    temporalDb: examples ? undefined : join(dataDir, 'temporal.db'),
    awsDir: join(dataDir, 'aws'),
    profileFile: join(dataDir, 'temporal.toml'),
    log: (name) => join(dataDir, 'logs', `${name}.log`),
    shown: (path) => {
      const short = relative(cwd, path);
      return short === '' || short.startsWith('..') ? path : short;
    },
  };
}

export function emptyDirectory(layout: DevLayout): void {
  rmSync(layout.dataDir, { recursive: true, force: true });
}
