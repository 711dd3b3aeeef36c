import type { Connection } from '@temporalio/client';
import { connectTemporal } from '../../client/connecting.ts';
import type { ConnectionSettings } from '../../client/connection.ts';
import { explainRpcError } from '../../client/rpc-error.ts';
import { ERROR_CATALOGUE, TrainyardError } from '../../jobs/error-catalogue.ts';
import { inspectSearchAttributes, registerSearchAttributes } from '../../servers/search-attributes.ts';
import { servingWorkers, type ServingWorker } from '../../servers/serving-workers.ts';
import { jobAttributes } from '../../workflows/contract.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** The Temporal server, its namespace, the search attributes (registered with `fix`) and the workers. */
export async function checkTemporal(
  settings: ConnectionSettings,
  fix: boolean,
  deadWorker: number | undefined,
): Promise<readonly Finding[]> {
  let connection: Connection;
  try {
    connection = await connectTemporal(settings);
  } catch (error) {
    return [failure('temporal', error, settings)];
  }
  try {
    const server = await attempt('temporal', settings, () => checkServer(connection, settings));
    if (server.state === 'fail') return [server];
    return [
      server,
      await attempt('search attributes', settings, () => checkSearchAttributes(connection, settings, fix)),
      await attempt('worker', settings, () => checkWorkers(connection, settings, deadWorker)),
    ];
  } finally {
    await connection.close();
  }
}

async function checkServer(
  connection: Connection,
  { address, namespace }: ConnectionSettings,
): Promise<Finding> {
  const [{ serverVersion }] = await Promise.all([
    connection.workflowService.getSystemInfo({}),
    connection.workflowService.describeNamespace({ namespace }),
  ]);
  return ok('temporal', `${address}, server ${serverVersion}, namespace ${namespace}`);
}

async function checkSearchAttributes(
  connection: Connection,
  { namespace }: ConnectionSettings,
  fix: boolean,
): Promise<Finding> {
  const check = 'search attributes';
  const wanted = Object.values(jobAttributes);
  const added = fix ? (await registerSearchAttributes(connection, namespace, wanted)).added : [];
  const { missing, conflicts } = await inspectSearchAttributes(connection, namespace, wanted);
  if (conflicts.length > 0) {
    const list = conflicts
      .map(({ name, found, type }) => `${name} is ${found} instead of ${type}`)
      .join(', ');
    return fail(
      check,
      list,
      'Remove them (`temporal operator search-attribute remove`), then: trainyard doctor --fix',
    );
  }
  // What was just registered takes effect after a moment on some servers.
  const names = missing.map(({ name }) => name).filter((name) => !added.includes(name));
  if (names.length > 0)
    return fail(check, `missing: ${names.join(', ')}`, 'Register them: trainyard doctor --fix');
  const all = wanted.map(({ name }) => name).join(', ');
  return ok(check, added.length > 0 ? `now registered: ${added.join(', ')}` : all);
}

async function checkWorkers(
  connection: Connection,
  { namespace, taskQueue }: ConnectionSettings,
  deadWorker: number | undefined,
): Promise<Finding> {
  const { workers: all, current } = await servingWorkers(connection, namespace, taskQueue);
  // The server remembers a worker that was killed for a while; its identity begins with its pid.
  const workers = all.filter(
    ({ identity }) => deadWorker === undefined || !identity.startsWith(`${deadWorker}@`),
  );
  if (workers.length === 0)
    return warn(
      'worker',
      `nobody serves task queue ${taskQueue}, so jobs wait`,
      'Start one: trainyard worker',
    );
  const busy = workers.filter(({ getsWork }) => getsWork);
  const idle = workers.filter(({ getsWork }) => !getsWork);
  const found = `${busy.length} on task queue ${taskQueue}: ${busy.map(nameOf).join(', ')}`;
  if (idle.length === 0) return ok('worker', found);
  const without =
    `${idle.map(nameOf).join(', ')} get no work, because ` +
    (current === undefined
      ? 'no version of workers is the current one'
      : `the current version is ${current.deployment} ${current.buildId}`);
  const [version] = idle.flatMap((worker) => (worker.version === undefined ? [] : [worker.version]));
  const remedy =
    version === undefined
      ? 'Start workers of the current version, or: temporal worker deployment set-current-version --unversioned'
      : `temporal worker deployment set-current-version --deployment-name ${version.deployment} --build-id ${version.buildId}`;
  return warn('worker', busy.length === 0 ? `${without}, so jobs wait` : `${found}; ${without}`, remedy);
}

const nameOf = ({ identity, version }: ServingWorker): string =>
  version === undefined ? identity : `${identity} (${version.deployment} ${version.buildId})`;

async function attempt(
  check: string,
  settings: ConnectionSettings,
  run: () => Promise<Finding>,
): Promise<Finding> {
  try {
    return await run();
  } catch (error) {
    return failure(check, error, settings);
  }
}

function failure(check: string, error: unknown, settings: ConnectionSettings): Finding {
  const explained = explainRpcError(error, settings);
  if (!(explained instanceof TrainyardError)) throw explained;
  const { message, hint, code } = explained;
  return fail(check, message, hint ?? ERROR_CATALOGUE[code].remedy);
}
