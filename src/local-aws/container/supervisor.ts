import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { baseEnvironment, RUN_ID_VARIABLE } from './environment.ts';
import { LAUNCH_FILES } from './namespace.ts';
import {
  isAlive,
  killAll,
  type ProcessIdentity,
  signalGroup,
  type TreeMarks,
  waitForGroup,
} from './process-tree.ts';

/** Files of one instance through which its supervisor and any endpoint process, before or after a crash, agree. */
const FILES = {
  /** Directory; whoever makes it is the one supervisor of this instance. */
  claim: 'claim',
  supervisor: 'supervisor.json',
  main: 'main.json',
  exit: 'exit.json',
  /** Somebody asked the instance to end. */
  stop: 'stop',
  launch: 'launch.sh',
  supervise: 'supervise.sh',
  /** Size of the log when this incarnation began. */
  logStart: 'log-start',
} as const;

/**
 * Outlives the endpoint: starts training in a session of its own, and writes down who it is and how it ended. Each
 * record appears whole (rename). A shell and not Node, because there is one for every instance of every running job.
 */
const SUPERVISE = `
dir=$1
run=$2
shift 2
mkdir "$dir/${FILES.claim}" 2>/dev/null || exit 0
# The log is training's alone.
exec 3>&2 2>/dev/null

identity() {
  if [ -r "/proc/$1/stat" ]; then
    read -r boot </proc/sys/kernel/random/boot_id
    stat=$(cat "/proc/$1/stat") || return
    set -- \${stat##*) }
    shift 19
    echo "$boot:$1"
  else
    ps -o lstart= -p "$1" | sed 's/^ *//;s/ *$//'
  fi
}
record() {
  printf '%s\\n' "$2" >"$dir/$1.new" && mv "$dir/$1.new" "$dir/$1"
}
oom_kills() {
  [ -r /proc/vmstat ] && sed -n 's/^oom_kill //p' /proc/vmstat
}
uptime_seconds() {
  [ -r /proc/uptime ] && read -r seconds rest </proc/uptime && echo "$seconds"
}

record ${FILES.supervisor} "{\\"pid\\":$$,\\"identity\\":\\"$(identity $$)\\"}"
if [ -e "$dir/${FILES.stop}" ]; then
  record ${FILES.exit} "{\\"code\\":143,\\"at\\":$(date +%s)}"
  exit 0
fi
before=$(oom_kills)
# The mark from the very start: its namespace may get the name of one that has just gone, with which a process without a mark would be
# taken for what is left of another run, and killed. The supervisor itself bears none.
if command -v setsid >/dev/null 2>&1; then
  ${RUN_ID_VARIABLE}=$run setsid "$@" 2>&3 3>&- &
else
  set -m
  ${RUN_ID_VARIABLE}=$run "$@" 2>&3 3>&- &
fi
main=$!
record ${FILES.main} "{\\"pid\\":$main,\\"identity\\":\\"$(identity $main)\\"}"
wait $main
code=$?
# A container ends with its first process; after a request to stop the rest may use up the grace period.
[ -e "$dir/${FILES.stop}" ] || kill -KILL -$main
uptime=$(uptime_seconds)
oom=false
[ "$(oom_kills)" = "$before" ] || oom=true
record ${FILES.exit} "{\\"code\\":$code,\\"at\\":$(date +%s),\\"uptime\\":\${uptime:-null},\\"oomKilled\\":$oom}"
`;

const processRecord = z.object({ pid: z.number().int().positive(), identity: z.string() });
const exitRecord = z.object({
  code: z.number().int(),
  /** Epoch seconds. */
  at: z.number(),
  uptime: z.number().nullable().default(null),
  /** The kernel's out-of-memory killer was at work while training ran. */
  oomKilled: z.boolean().default(false),
});
export type ExitRecord = z.infer<typeof exitRecord>;

/**
 * What is known of one instance from its files.
 *
 *   absent -> launching -> running -> exited
 *      |          |           |
 *      '----------'-----------'--> lost   (its supervisor is gone and left no exit code)
 */
export type InstanceState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'launching' }
  | { readonly kind: 'running'; readonly main: ProcessIdentity }
  | { readonly kind: 'exited'; readonly exit: ExitRecord; readonly entered: boolean }
  | { readonly kind: 'lost' };

/** A supervisor writes its records within milliseconds; a machine under load gets this long. */
export const RECORD_MS = 10_000;

export class Supervisor {
  readonly #root: string;
  readonly #runId: string;

  constructor(root: string, runId: string) {
    this.#root = root;
    this.#runId = runId;
  }

  #file(name: string): string {
    return join(this.#root, name);
  }

  /**
   * Starts the supervisor, detached, with the log as its output. Safe to repeat: a second one finds the claim and ends.
   * `onExit` is called when the supervisor has ended, if this process is still there.
   * @returns false if there is one already
   */
  async start(
    launchScript: string,
    enter: (script: string) => readonly string[],
    log: string,
    onExit: () => void,
  ): Promise<boolean> {
    if (await exists(this.#file(FILES.claim))) return false;
    const launch = this.#file(FILES.launch);
    const supervise = this.#file(FILES.supervise);
    // Renamed into place: a supervisor that an endpoint started just before it died may be about to read them. The
    // launch script holds the job's environment, which may hold the user's secrets.
    await writeFile(`${launch}.new`, launchScript, { mode: 0o600 });
    await writeFile(`${supervise}.new`, SUPERVISE);
    await rename(`${launch}.new`, launch);
    await rename(`${supervise}.new`, supervise);
    await mkdir(dirname(log), { recursive: true });
    const output = await open(log, 'a');
    try {
      const { size } = await output.stat();
      await writeFile(this.#file(FILES.logStart), String(size), { flag: 'wx' }).catch(() => undefined);
      const child = spawn('sh', [supervise, this.#root, this.#runId, ...enter(launch)], {
        cwd: '/',
        detached: true,
        env: baseEnvironment(),
        stdio: ['ignore', output.fd, output.fd],
      });
      child.once('exit', onExit);
      child.unref();
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      return true;
    } finally {
      await output.close();
    }
  }

  async state(): Promise<InstanceState> {
    const exited = await this.#exited();
    if (exited !== undefined) return exited;
    const supervisor = await this.#read(FILES.supervisor, processRecord);
    if (supervisor === undefined)
      return { kind: (await exists(this.#file(FILES.claim))) ? 'launching' : 'absent' };
    // Looked at before the record of the exit is read again: it writes that and then ends.
    const alive = await isAlive(supervisor);
    if (!alive) return (await this.#exited()) ?? { kind: 'lost' };
    const main = await this.#read(FILES.main, processRecord);
    return main === undefined ? { kind: 'launching' } : { kind: 'running', main };
  }

  async #exited(): Promise<InstanceState | undefined> {
    const exit = await this.#read(FILES.exit, exitRecord);
    if (exit === undefined) return undefined;
    const entered = await readFile(this.#file(LAUNCH_FILES.entered), 'utf8').catch(() => '');
    return { kind: 'exited', exit, entered: entered !== '' };
  }

  /** Notes that the instance is to end, so that a supervisor that has not launched training yet never does. */
  async markStopped(): Promise<void> {
    await writeFile(this.#file(FILES.stop), '').catch(() => undefined);
  }

  async isStopped(): Promise<boolean> {
    return exists(this.#file(FILES.stop));
  }

  /** SIGTERM, and after the grace SIGKILL for whatever is left; resolves when nothing is left and the end is on record. */
  async terminate(graceMs: number): Promise<void> {
    await this.markStopped();
    const state = await this.#settled((now) => now.kind !== 'launching');
    if (state.kind === 'running') {
      await signalGroup(state.main, 'SIGTERM');
      await waitForGroup(() => this.#marks(), graceMs);
    }
    await this.kill();
    await this.#settled((now) => now.kind !== 'launching' && now.kind !== 'running');
  }

  /** SIGKILL for every process of the instance. */
  async kill(): Promise<void> {
    await killAll(() => this.#marks());
  }

  /** The state once `holds` is true of it, or what it is when the supervisor took too long to say more. */
  async #settled(holds: (state: InstanceState) => boolean): Promise<InstanceState> {
    const deadline = Date.now() + RECORD_MS;
    for (;;) {
      const state = await this.state();
      if (holds(state) || Date.now() >= deadline) return state;
      await sleep(20);
    }
  }

  /** Where in the log this incarnation's output begins, in bytes. */
  async logStart(): Promise<number> {
    const text = await readFile(this.#file(FILES.logStart), 'utf8').catch(() => '0');
    return Number.parseInt(text, 10) || 0;
  }

  async #marks(): Promise<TreeMarks> {
    const namespace = await readFile(this.#file(LAUNCH_FILES.namespace), 'utf8').catch(() => undefined);
    const exit = await this.#read(FILES.exit, exitRecord);
    return {
      runId: this.#runId,
      main: await this.#read(FILES.main, processRecord),
      namespace: namespace?.trim(),
      endedUptime: exit?.uptime ?? undefined,
    };
  }

  async #read<T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const text = await readFile(this.#file(name), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
