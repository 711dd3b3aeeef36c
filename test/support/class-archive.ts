import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/servers/command.ts';
import { environmentOf, type TestServer } from './test-server-process.ts';

const REHEARSAL = fileURLToPath(new URL('class-archive-rehearsal.ts', import.meta.url));

/**
 * The test server with an archive of the classes that it loads while it plays (application class data sharing of Java 13 and
 * later): it then needs half of the time to start and to answer its first calls. The archive at `path` is made by a rehearsal when
 * there is none, or none that this JVM takes with these jars; a server that no archive can be made for is returned as it is.
 */
export async function withClassArchive(
  executable: string,
  path: string,
  workflowBundlePath: string,
): Promise<TestServer> {
  const archived: TestServer = { executable, javaOptions: `-XX:SharedArchiveFile=${path}` };
  if (await takes(archived)) return archived;
  await mkdir(dirname(path), { recursive: true });
  // Another run may be using the old one, or making one too.
  const draft = `${path}.${process.pid}`;
  const args = ['--import', 'tsx', REHEARSAL, executable, draft, workflowBundlePath];
  await runCommand(process.execPath, args, { env: process.env });
  const made = await rename(draft, path).then(
    () => true,
    () => false,
  );
  await rm(draft, { force: true });
  return made && (await takes(archived)) ? archived : { executable };
}

/** Does it run on a JVM that can use the archive? With `-Xshare:on` others refuse to start. */
async function takes(server: TestServer): Promise<boolean> {
  const javaOptions = `${server.javaOptions ?? ''} -Xshare:on`;
  // More than two arguments make it print its usage and end (sdk-java TestServer.java).
  const { tail } = await runCommand(server.executable, ['0', '-', '-'], {
    env: environmentOf({ ...server, javaOptions }),
    timeout: 20_000,
  });
  return (
    tail.some((line) => line.includes('Picked up JAVA_TOOL_OPTIONS')) &&
    tail.some((line) => line.includes('--enable-time-skipping'))
  );
}
