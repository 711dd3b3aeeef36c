import { resolveConnection } from '../../client/connection.ts';
import { findDevState } from '../../client/dev-state.ts';
import { isAlive } from '../../process-alive.ts';
import { awsSettings } from '../../config.ts';
import type { Session } from '../session.ts';
import { checkAws } from './aws.ts';
import type { Finding } from './finding.ts';
import { checkMachine } from './machine.ts';
import { checkTemporal } from './temporal.ts';

/** All checks, those of the machine first. Throws CONNECTION_CONFIG when the settings themselves are broken. */
export async function examine(session: Session, fix: boolean): Promise<readonly Finding[]> {
  const { env, cwd } = session.terminal;
  const connection = resolveConnection(session.connectOptions, { env, cwd });
  const findings = await Promise.all([
    checkMachine(env, cwd),
    checkTemporal(connection, fix, deadWorkerOf(cwd)),
    checkAws(awsSettings(env, connection), env),
  ]);
  return findings.flat();
}

/** The pid of the worker that this folder's `trainyard dev` started and that has ended since. */
function deadWorkerOf(cwd: string): number | undefined {
  const pid = findDevState(cwd)?.processes?.['worker'];
  return pid === undefined || isAlive(pid) ? undefined : pid;
}
