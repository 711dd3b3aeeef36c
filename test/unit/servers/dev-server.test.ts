import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDevServer } from '../../../src/servers/dev-server.ts';
import { choosePort, freePort } from '../../../src/servers/free-port.ts';
import { fakeMachine, type FakeMachine } from './fake-machine.ts';

const occupied: Server[] = [];
let fake: FakeMachine;

beforeEach(async () => {
  fake = await fakeMachine();
});
afterEach(async () => {
  for (const server of occupied.splice(0)) server.close();
  await fake.remove();
});

async function occupiedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  occupied.push(server);
  return (server.address() as AddressInfo).port;
}

describe('which port', () => {
  test('the preferred one, if it is free', async () => {
    const preferred = await freePort();
    expect(await choosePort('it', { preferred })).toBe(preferred);
  });

  test('another one, if the preferred one is taken', async () => {
    const preferred = await occupiedPort();
    expect(await choosePort('it', { preferred })).not.toBe(preferred);
  });

  test('the one that was asked for, whatever is preferred', async () => {
    const explicit = await freePort();
    expect(await choosePort('it', { explicit, preferred: await freePort() })).toBe(explicit);
  });

  test('one that was asked for and is taken is an error', async () => {
    const explicit = await occupiedPort();
    await expect(choosePort('Temporal', { explicit, preferred: 7233 })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: `Port ${explicit} for Temporal is in use on 127.0.0.1.`,
    });
  });

  test('0 is any free one', async () => {
    expect(await choosePort('it', { explicit: 0, preferred: 7233 })).toBeGreaterThan(0);
  });
});

describe('a dev server that does not come up', () => {
  const start = async (executable: string): Promise<unknown> =>
    startDevServer({
      executable,
      port: 0,
      uiPort: false,
      dbFile: join(fake.cache, 'temporal.db'),
      searchAttributes: [{ name: 'JobPriority', type: 'INT' }],
      logFile: join(fake.cache, 'logs', 'temporal.log'),
    });

  test('is shown with the end of its log', async () => {
    const executable = await fake.tool(
      'temporal',
      `echo "arguments: $*"; echo 'database is locked' >&2; exit 3`,
    );
    await expect(start(executable)).rejects.toMatchObject({
      code: 'SERVER_START_FAILED',
      message: expect.stringMatching(
        /ended at once \(exit code 3\)\. Its log .*temporal\.log ends with:\n {4}arguments: server start-dev --ip 127\.0\.0\.1 --port \d+ --headless --db-filename .*temporal\.db --dynamic-config-value matching\.useNewMatcher=true --search-attribute JobPriority=Int\n {4}database is locked$/,
      ) as string,
      hint: expect.stringContaining('Another dev server may use') as string,
    });
  });

  test('is an error too when there is no such program', async () => {
    await expect(start(join(fake.cache, 'none'))).rejects.toMatchObject({ code: 'SERVER_START_FAILED' });
  });
});
