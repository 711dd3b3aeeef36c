import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseEnvironment } from './environment.ts';
import { CONTAINER_ROOT } from './layout.ts';

/** How a training process can be given its own view of the file system: as root, as an ordinary user, or not at all. */
export type NamespaceKind = 'root' | 'user' | 'none';

export interface MountNamespaceSupport {
  readonly supported: boolean;
  readonly how: NamespaceKind;
  /** Why not, in the words of the system. */
  readonly why?: string;
}

/** A directory of this machine and the place where the process is to find it. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

export interface Launch {
  /** Of this instance alone; `LAUNCH_FILES` and the directories that the script builds in go here. */
  readonly directory: string;
  readonly mounts: readonly Mount[];
  /** File to put in the place of /etc/hosts. */
  readonly hostsFile?: string;
  readonly hostname?: string;
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** Files that the launch script leaves in its directory. */
export const LAUNCH_FILES = {
  /** `mnt:[…]`, the name of the mount namespace. */
  namespace: 'namespace',
  /** Has content once everything is mounted and the command is next: an exit before that is not the command's. */
  entered: 'entered',
} as const;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * `expose SOURCE TARGET` mounts a directory at a path that may not exist. Nothing is created on the machine itself: the
 * nearest existing parent is covered by a temporary file system that shows the same entries (bound one by one, so that
 * /opt/conda stays where it was) and has room for the new one. When that parent is the root, the process moves into the
 * temporary file system with pivot_root.
 */
const EXPOSE = `
shadows=0
expose() {
  if [ ! -d "$2" ]; then
    parent=\${2%/*}
    while [ -n "$parent" ] && [ ! -d "$parent" ]; do parent=\${parent%/*}; done
    shadows=$((shadows + 1))
    shadow=$directory/shadow-$shadows
    mkdir -p "$shadow"
    mount -t tmpfs -o "mode=$(stat -c %a "$parent/")" trainyard "$shadow"
    for entry in "$parent"/* "$parent"/.[!.]* "$parent"/..?*; do
      name=\${entry##*/}
      if [ -L "$entry" ]; then
        cp -P "$entry" "$shadow/$name"
      elif [ -d "$entry" ]; then
        mkdir "$shadow/$name"
        mount -o rbind "$entry" "$shadow/$name"
      elif [ -f "$entry" ]; then
        : >"$shadow/$name"
        mount -o bind "$entry" "$shadow/$name"
      fi
    done
    mkdir -p "$shadow\${2#"$parent"}"
    if [ -n "$parent" ]; then
      mount -o rbind "$shadow" "$parent"
    else
      cd "$shadow"
      mkdir .machine
      pivot_root . .machine
      umount -l /.machine
      rmdir /.machine
      umount -l "$shadow"
    fi
  fi
  mount -o rbind "$1" "$2"
}
`;

/** The shell script that becomes the training process: sets the scene, then is replaced by the command. */
export function launchScript(launch: Launch, kind: NamespaceKind): string {
  const environment = Object.entries(launch.environment).map(([name, value]) => quote(`${name}=${value}`));
  return [
    'set -e',
    `directory=${quote(launch.directory)}`,
    // Opened first: a mount may hide the directory.
    `exec 9>"$directory/${LAUNCH_FILES.entered}"`,
    ...(kind === 'none' ? [] : sceneOf(launch)),
    `cd ${quote(launch.workingDirectory)}`,
    'echo yes >&9',
    'exec 9>&-',
    `exec env -i ${environment.join(' ')} ${launch.command.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

function sceneOf({ mounts, hostsFile, hostname }: Launch): readonly string[] {
  return [
    `readlink /proc/self/ns/mnt >"$directory/${LAUNCH_FILES.namespace}"`,
    // Before the others: one of them may hide the directory that the file is in.
    ...(hostsFile === undefined
      ? []
      : [`[ ! -e /etc/hosts ] || mount -o bind ${quote(hostsFile)} /etc/hosts`]),
    EXPOSE,
    ...mounts.map(({ source, target }) => `expose ${quote(source)} ${quote(target)}`),
    ...(hostname === undefined ? [] : [`hostname ${quote(hostname)} 2>/dev/null || :`]),
  ];
}

/** The command that runs a launch script in its own mount namespace (util-linux `unshare`). */
export function enterCommand(kind: NamespaceKind, script: string): readonly string[] {
  switch (kind) {
    case 'root':
      return ['unshare', '--mount', '--uts', '--propagation', 'private', 'sh', script];
    case 'user':
      return [
        'unshare',
        '--user',
        '--map-root-user',
        '--mount',
        '--uts',
        '--propagation',
        'private',
        'sh',
        script,
      ];
    case 'none':
      return ['sh', script];
  }
}

/** Finds out, by doing it with a small directory, whether training processes can see their files at /opt/ml. */
export async function probeMountNamespace(): Promise<MountNamespaceSupport> {
  if (process.platform !== 'linux') {
    return {
      supported: false,
      how: 'none',
      why: `mount namespaces are a Linux feature, this is ${process.platform}`,
    };
  }
  const complaints: string[] = [];
  for (const how of process.getuid?.() === 0 ? (['root', 'user'] as const) : (['user'] as const)) {
    const complaint = await tryOut(how);
    if (complaint === undefined) return { supported: true, how };
    complaints.push(complaint);
  }
  return { supported: false, how: 'none', why: complaints.join('; ') };
}

/** What went wrong, or undefined. */
async function tryOut(kind: NamespaceKind): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'trainyard-probe-'));
  try {
    const source = join(directory, 'ml');
    const script = join(directory, 'launch.sh');
    const answer = 'seen';
    await mkdir(source);
    await writeFile(join(source, 'probe'), answer);
    const launch: Launch = {
      directory,
      mounts: [{ source, target: CONTAINER_ROOT }],
      workingDirectory: CONTAINER_ROOT,
      environment: baseEnvironment(),
      command: ['cat', `${CONTAINER_ROOT}/probe`],
    };
    await writeFile(script, launchScript(launch, kind));
    const { output, errors } = await runBriefly(enterCommand(kind, script));
    return output === answer ? undefined : errors.trim() === '' ? 'unshare gave no reason' : errors.trim();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function runBriefly([program = '', ...args]: readonly string[]): Promise<{ output: string; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: baseEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10_000,
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', (error) => resolve({ output, errors: error.message }));
    child.on('close', () => resolve({ output, errors }));
  });
}
