import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureTestServer } from '../../../src/servers/test-server.ts';
import { fakeMachine, type FakeMachine, javaScript, mavenScript, recordedProgress } from './fake-machine.ts';

let fake: FakeMachine;

beforeEach(async () => {
  fake = await fakeMachine();
});
afterEach(() => fake.remove());

test('Maven fills the cache, and the launch script runs Java on the jars beside it', async () => {
  await fake.tool('mvn', mavenScript);
  await fake.tool('java', javaScript);
  const path = await ensureTestServer(recordedProgress(), fake.machine);
  expect(path).toBe(join(fake.cache, 'temporal-test-server-1.38.0', 'temporal-test-server'));
  const script = await readFile(path, 'utf8');
  // The SDK kills the process that it started: with `exec` that is the JVM.
  expect(script).toContain('exec "${JAVA_HOME:+$JAVA_HOME/bin/}java"');
  expect(script).toContain('-cp "${0%/*}/lib/*" io.temporal.testserver.TestServer "$@"');
});

test.each([
  ['no mvn on PATH', {}],
  ['no java on PATH (or in JAVA_HOME)', { mvn: mavenScript }],
  [
    'mvn failed: [ERROR] Could not resolve dependencies',
    { mvn: `echo '[ERROR] Could not resolve dependencies'; exit 1`, java: '' },
  ],
  ['mvn copied no jars', { mvn: 'exit 0', java: '' }],
  [
    'what it made does not work: it is not the Temporal test server',
    { mvn: mavenScript, java: 'echo "class not found"' },
  ],
])('the error says when there is %s', async (reason, tools) => {
  for (const [name, script] of Object.entries(tools)) await fake.tool(name, script);
  await expect(ensureTestServer(recordedProgress(), fake.machine)).rejects.toMatchObject({
    code: 'SERVER_UNAVAILABLE',
    message: expect.stringContaining(`- Maven: ${reason}`) as string,
    hint: expect.stringContaining('Install Java 8 or later and Maven') as string,
  });
});
