import { boardOn } from '../board.ts';
import { gatherEvidence } from '../gather.ts';
import { UNNOTIFIED_INVARIANTS } from '../invariants.ts';
import type { World } from '../world.ts';
import type { Figure } from './figure.ts';
import { play, rolesOf } from './play.ts';
import { formatClaims, formatUsage, judgeFigure } from './print.ts';
import { SageMakerRecord } from './record.ts';

/** How long a figure may take before it is given up. */
const PATIENCE_MS = 5 * 60_000;

/** Plays a figure with real training processes, then checks it from what SageMaker recorded. Returns whether all holds. */
export async function runFigure(figure: Figure, world: World): Promise<boolean> {
  const { session, trainyard, signal } = world;
  const { terminal, paint } = session;
  session.print(`\n${paint('strong', figure.title)}\n`);
  await provide(figure, world);
  const startedAt = terminal.now();
  await play(figure, {
    client: trainyard,
    board: boardOn(terminal.stdout, { paint, env: terminal.env, startedAt }),
    says: (line) => session.print(`\n${line}\n\n`),
    signal,
    deadline: startedAt + PATIENCE_MS,
    now: () => terminal.now(),
  });
  const roles = rolesOf(figure);
  const none = (): Promise<ReadonlyMap<string, never[]>> => Promise.resolve(new Map());
  const evidence = await gatherEvidence(
    { ...world, notices: none },
    roles.map(({ jobId }) => jobId),
  );
  const record = new SageMakerRecord(roles, new Map([...evidence].map(([id, of]) => [id, of.trainings])));
  const findings = [
    ...judgeFigure(figure, record),
    ...[...evidence].flatMap(([jobId, of]) =>
      UNNOTIFIED_INVARIANTS.flatMap((broken) => {
        const missing = broken(of);
        return missing === undefined ? [] : [{ says: jobId, verdict: { holds: false as const, missing } }];
      }),
    ),
  ];
  session.print('\nInstances in use, as SageMaker recorded them:\n\n');
  session.print(formatUsage(record, terminal.stdout.columns, paint));
  session.print(`\n${formatClaims(findings, paint)}`);
  const shown = findings.every(({ verdict }) => verdict.holds);
  session.print(shown ? `\n${figure.name} is shown.\n` : `\n${figure.name} is NOT shown.\n`);
  return shown;
}

/** Gives the account of the local endpoint the instances that the figure is about. */
async function provide({ instances }: Figure, { endpointUrl }: World): Promise<void> {
  const body = Object.fromEntries(
    Object.entries(instances).map(([type, count]) => [type, { capacity: count, quota: count }]),
  );
  const answer = await fetch(`${endpointUrl}/_local/instances`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`PATCH /_local/instances: ${answer.status} ${await answer.text()}`);
}
