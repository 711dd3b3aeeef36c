import { Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DevServer } from '../../src/servers/dev-server.ts';
import { pollersOf } from '../../src/servers/pollers.ts';
import { inspectSearchAttributes, registerSearchAttributes } from '../../src/servers/search-attributes.ts';
import { jobAttributes } from '../../src/workflows/contract.ts';
import { devServer } from '../support/dev-server.ts';

let server: DevServer;
let connection: Connection;

beforeAll(async () => {
  server = await devServer();
  connection = await Connection.connect({ address: server.address });
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

const extra = [
  defineSearchAttributeKey('ExtraKeyword', SearchAttributeType.KEYWORD),
  defineSearchAttributeKey('ExtraInt', SearchAttributeType.INT),
];

test('a dev server has the attributes of jobs from the start', async () => {
  const state = await inspectSearchAttributes(connection, 'default', Object.values(jobAttributes));
  expect(state).toEqual({ missing: [], conflicts: [] });
});

test('what is missing is registered, and a second time nothing is left to do', async () => {
  expect((await inspectSearchAttributes(connection, 'default', extra)).missing).toEqual(extra);
  expect((await registerSearchAttributes(connection, 'default', extra)).added).toEqual([
    'ExtraKeyword',
    'ExtraInt',
  ]);
  expect(await registerSearchAttributes(connection, 'default', extra)).toEqual({ added: [], conflicts: [] });
  expect((await inspectSearchAttributes(connection, 'default', extra)).missing).toEqual([]);
});

test('several at the same time do not disturb each other', async () => {
  const wanted = [defineSearchAttributeKey('Contested', SearchAttributeType.KEYWORD)];
  await Promise.all([1, 2, 3].map(() => registerSearchAttributes(connection, 'default', wanted)));
  expect((await inspectSearchAttributes(connection, 'default', wanted)).missing).toEqual([]);
});

test('an attribute of another type is a conflict, and stays as it is', async () => {
  const wanted = [defineSearchAttributeKey('JobStatus', SearchAttributeType.INT)];
  const want = [{ name: 'JobStatus', type: 'INT', found: 'Keyword' }];
  expect((await inspectSearchAttributes(connection, 'default', wanted)).conflicts).toEqual(want);
  expect(await registerSearchAttributes(connection, 'default', wanted)).toEqual({
    added: [],
    conflicts: want,
  });
});

test('a task queue that nobody serves has no pollers', async () => {
  expect(await pollersOf(connection, 'default', 'nobody')).toEqual({ workflow: [], activity: [] });
});
