import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { RUN_ID_VARIABLE } from './environment.ts';

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot and start time in clock ticks since boot on Linux, the start date elsewhere. Empty: already gone. */
  readonly identity: string;
}

/** The same text as the shell function `identity` of supervisor.ts makes; undefined when there is no such process. */
async function identityOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const text = await outputOf('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return text.trim() === '' ? undefined : text.trim();
  }
  const stat = await statOf(pid);
  // A zombie has ended; only its parent has not looked yet.
  return stat === undefined || stat.state === 'Z' ? undefined : `${await bootId()}:${stat.startTicks}`;
}

export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  return process.identity !== '' && (await identityOf(process.pid)) === process.identity;
}

let boot: Promise<string> | undefined;
const bootId = (): Promise<string> => {
  boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((text) => text.trim());
  return boot;
};

interface ProcessStat {
  readonly state: string;
  readonly group: number;
  readonly startTicks: number;
}

/** Fields 3, 5 and 22 of /proc/<pid>/stat, see proc(5). The name before them may contain spaces and parentheses. */
async function statOf(pid: number): Promise<ProcessStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), startTicks: Number(fields[19]) };
}

/** What recognises the processes of one instance, however they were started. */
export interface TreeMarks {
  readonly runId: string;
  /** Leader of the process group and session that training runs in. */
  readonly main: ProcessIdentity | undefined;
  /** `mnt:[…]` of the instance; undefined without a namespace of its own. */
  readonly namespace: string | undefined;
  /** Seconds since boot at which the main process ended; the kernel may give the namespace's name away after that. */
  readonly endedUptime: number | undefined;
}

/** Linux counts process start times in hundredths of a second for user space, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;

/**
 * All living processes of an instance: those that carry the run's mark in their environment, and those in its mount
 * namespace (a process that cleared its environment, or left the group). Elsewhere than on Linux the first process is all
 * that can be seen; its supervisor ends the group.
 */
async function members(marks: TreeMarks): Promise<readonly Member[]> {
  if (process.platform !== 'linux') {
    const main = marks.main;
    return main !== undefined && (await isAlive(main)) ? [{ pid: main.pid, group: main.pid }] : [];
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => asMember(pid, marks)));
  return found.filter((member) => member !== undefined);
}

interface Member {
  readonly pid: number;
  readonly group: number;
}

async function asMember(pid: number, marks: TreeMarks): Promise<Member | undefined> {
  if (pid === process.pid) return undefined;
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  const mark = new RegExp(`(?:^|\\0)${RUN_ID_VARIABLE}=([^\\0]*)`).exec(environment)?.[1];
  if (mark === undefined ? !(await isInNamespace(pid, marks)) : mark !== marks.runId) return undefined;
  const stat = await statOf(pid);
  return stat === undefined || stat.state === 'Z' ? undefined : { pid, group: stat.group };
}

async function isInNamespace(pid: number, { namespace, endedUptime }: TreeMarks): Promise<boolean> {
  if (namespace === undefined) return false;
  if ((await readlink(`/proc/${pid}/ns/mnt`).catch(() => undefined)) !== namespace) return false;
  if (endedUptime === undefined) return true;
  const stat = await statOf(pid);
  return stat !== undefined && stat.startTicks / TICKS_PER_SECOND <= endedUptime;
}

/** Sends a signal to the process group of training, where it still exists. */
export async function signalGroup(main: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (await isAlive(main)) sendSignal(-main.pid, signal);
}

/**
 * Resolves as soon as the process group of training is empty, at the latest after `milliseconds`. Its first process may
 * be a shell that a SIGTERM ends at once while what it started still saves its work, so that alone is not the end.
 */
export async function waitForGroup(marks: () => Promise<TreeMarks>, milliseconds: number): Promise<void> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const current = await marks();
    const left = (await members(current)).filter(({ group }) => group === current.main?.pid);
    if (left.length === 0 || Date.now() >= deadline) return;
    await sleep(Math.min(50, Math.max(1, deadline - Date.now())));
  }
}

/** SIGKILL for every process of the instance, again and again until none is left: they may fork meanwhile. */
export async function killAll(marks: () => Promise<TreeMarks>): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const current = await marks();
    if (current.main !== undefined) await signalGroup(current.main, 'SIGKILL');
    const left = await members(current);
    if (left.length === 0) return;
    for (const { pid } of left) sendSignal(pid, 'SIGKILL');
    await sleep(20);
  }
}

function sendSignal(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between being seen and being signalled.
  }
}

function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, (_error, stdout) => resolve(stdout));
  });
}
