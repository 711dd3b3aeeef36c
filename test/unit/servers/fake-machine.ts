import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../../../src/servers/acquire.ts';
import type { Progress } from '../../../src/servers/progress.ts';

/** A machine with an empty cache, a closed network and nothing on PATH but the tools that a test puts there. */
export interface FakeMachine {
  readonly machine: Machine;
  readonly cache: string;
  /** A shell script on PATH. Every run is written to `log`. */
  tool(name: string, script: string): Promise<string>;
  /** What the tools did, one line a run. */
  readonly log: string;
  remove(): Promise<void>;
}

export async function fakeMachine(env: NodeJS.ProcessEnv = {}): Promise<FakeMachine> {
  const root = await mkdtemp(join(tmpdir(), 'trainyard-machine-'));
  const bin = join(root, 'bin');
  const log = join(root, 'log');
  await mkdir(bin);
  await writeFile(log, '');
  return {
    log,
    cache: join(root, 'cache', 'trainyard'),
    machine: {
      // The fakes are shell scripts, so they need the system's basic tools behind the fake ones.
      env: { PATH: bin, XDG_CACHE_HOME: join(root, 'cache'), HOME: root, ...env },
      platform: 'linux',
      arch: 'x64',
      fetch: () =>
        Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })),
    },
    async tool(name, script) {
      const path = join(bin, name);
      await writeFile(path, `#!/bin/sh\nPATH=/usr/bin:/bin\necho "${name} $*" >>'${log}'\n${script}\n`);
      await chmod(path, 0o755);
      return path;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Collects the talk. */
export function recordedProgress(): Progress & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    during: async (title, work) => {
      lines.push(title);
      return await work(() => undefined);
    },
    note: (text) => void lines.push(text),
  };
}

/** What `temporal --version` prints. */
export const temporalScript = (server = '1.29.1'): string =>
  `echo "temporal version 1.5.1 (Server ${server}, UI 2.42.1)"`;

/** A `go` whose `install` puts a working `temporal` into GOBIN. */
export const goScript = `printf '#!/bin/sh\\n%s\\n' '${temporalScript()}' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`;

/** A `mvn` that copies one jar, and a `java` that answers as the test server does to wrong arguments. */
export const mavenScript = `for a in "$@"; do case "$a" in -DoutputDirectory=*) echo jar > "\${a#*=}/temporal-test-server.jar";; esac; done`;
export const javaScript = `case "$*" in *TestServer*) echo '--enable-time-skipping - to enable time skipping on start';; esac`;
