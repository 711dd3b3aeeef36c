import { join } from 'node:path';
import { commandOf } from './command.ts';
import { failureReason } from './failure-reason.ts';
import type { RunEnd, RunSpec } from './host.ts';
import type { InstanceDirectory } from './layout.ts';
import { readHead, readTail } from './logs.ts';
import type { ExitRecord, InstanceState, Supervisor } from './supervisor.ts';
import type { TrainingRequest } from './training-request.ts';

/** One instance as it was when the watch over a run ended. */
export interface Witness {
  readonly host: string;
  readonly directory: InstanceDirectory;
  readonly supervisor: Supervisor;
  readonly state: InstanceState;
  /** This endpoint process started the instance or saw it run. */
  readonly watched: boolean;
}

const SIGKILLED = 137;

/** All instances have exited, or one has ended the run for all of them. */
export function isOver(states: readonly InstanceState[]): boolean {
  const endsIt = (state: InstanceState): boolean =>
    state.kind === 'lost' || (state.kind === 'exited' && state.exit.code !== 0);
  return states.every(({ kind }) => kind === 'exited') || states.some(endsIt);
}

/** No training process is known yet. */
export function isUnstarted({ kind }: InstanceState): boolean {
  return kind === 'absent' || kind === 'launching';
}

/**
 * How a run ended. The first instance that failed decides; those that were ended because of it do not count.
 *
 * An instance is lost, which SageMaker calls an internal error, if it left no exit code, if it could not even be set up,
 * or if it was killed (SIGKILL, nobody asked for it) while no endpoint was there to see: then the machine was going down.
 */
export async function verdictOf(
  witnesses: readonly Witness[],
  run: RunSpec,
  request: TrainingRequest,
): Promise<RunEnd> {
  const failed: Failed[] = [];
  for (const witness of witnesses) {
    const { state } = witness;
    if (state.kind !== 'exited') return { kind: 'lost' };
    const asked = await witness.supervisor.isStopped();
    if (!asked && !state.entered) return { kind: 'lost' };
    if (state.exit.code !== 0) failed.push({ ...witness, exit: state.exit, asked });
  }
  const [first] = failed.sort((a, b) => Number(a.asked) - Number(b.asked) || endOf(a.exit) - endOf(b.exit));
  if (first === undefined) return { kind: 'completed' };
  const { code: exitCode, oomKilled } = first.exit;
  if (exitCode === SIGKILLED && !oomKilled && !first.watched && !first.asked) return { kind: 'lost' };
  const reason = failureReason({
    exitCode,
    oomKilled,
    failureFile: await readHead(join(first.directory.ml, 'output/failure'), 8192),
    output: await readTail(first.directory.log, 16_384, await first.supervisor.logStart()),
    command: commandOf(request, run.images),
  });
  return { kind: 'failed', reason, exitCode };
}

interface Failed extends Witness {
  readonly exit: ExitRecord;
  /** It was ended, by a stop or because of another instance. */
  readonly asked: boolean;
}

const endOf = ({ uptime, at }: ExitRecord): number => uptime ?? at;
