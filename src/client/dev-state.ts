import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { isAlive } from '../process-alive.ts';

const devStateSchema = z.object({
  /** Process of the `trainyard dev` that wrote this. */
  pid: z.number().int().positive(),
  temporal: z.object({ address: z.string(), namespace: z.string(), uiUrl: z.string().optional() }),
  aws: z.object({ endpointUrl: z.string(), region: z.string() }),
  dataDir: z.string(),
  taskQueue: z.string(),
  /** Pids of what it started, by name: `temporal`, `local-aws`, `worker`. */
  processes: z.record(z.string(), z.number().int().positive()).optional(),
});

/** What a running `trainyard dev` tells other commands: where its servers are. */
export type DevState = z.infer<typeof devStateSchema>;

/** Inside the directory in which `trainyard dev` was started. */
const STATE_FILE = join('.trainyard', 'dev.json');

export function devStatePath(directory: string): string {
  return join(directory, STATE_FILE);
}

/** Writes the state of `directory`'s `trainyard dev`, in one step so that no reader sees half a file. */
export function writeDevState(directory: string, state: DevState): void {
  const path = devStatePath(directory);
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.tmp`;
  writeFileSync(partial, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(partial, path);
}

/** Removes the state that process `pid` wrote; another process's state is left alone. */
export function removeDevState(directory: string, pid: number): void {
  if (readDevState(directory)?.pid === pid) rmSync(devStatePath(directory), { force: true });
}

/** The state in exactly this directory, whether or not its process lives; undefined when absent or unreadable. */
export function readDevState(directory: string): DevState | undefined {
  let text: string;
  try {
    text = readFileSync(devStatePath(directory), 'utf8');
  } catch {
    return undefined;
  }
  try {
    return devStateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The state of the nearest `trainyard dev` that is alive, in `directory` or one of its ancestors. */
export function findDevState(directory: string): DevState | undefined {
  for (let current = resolve(directory); ; current = dirname(current)) {
    const state = readDevState(current);
    if (state !== undefined && isAlive(state.pid)) return state;
    if (dirname(current) === current) return undefined;
  }
}
