import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  devStatePath,
  findDevState,
  readDevState,
  removeDevState,
  writeDevState,
  type DevState,
} from '../../../src/client/dev-state.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trainyard-dev-state-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const state: DevState = {
  pid: process.pid,
  temporal: { address: '127.0.0.1:7233', namespace: 'default', uiUrl: 'http://127.0.0.1:8233' },
  aws: { endpointUrl: 'http://127.0.0.1:4590', region: 'us-east-1' },
  dataDir: '/data',
  taskQueue: 'trainyard',
};

test('what was written is found, from folders below too', () => {
  const below = join(directory, 'a', 'b');
  mkdirSync(below, { recursive: true });
  writeDevState(directory, state);
  expect(findDevState(below)).toEqual(state);
});

test('the nearest folder wins', () => {
  const below = join(directory, 'a');
  writeDevState(directory, state);
  writeDevState(below, { ...state, dataDir: '/nearer' });
  expect(findDevState(below)?.dataDir).toBe('/nearer');
});

test('a dead process in a nearer folder hides no living one above', () => {
  const below = join(directory, 'a');
  writeDevState(directory, state);
  writeDevState(below, { ...state, pid: 2 ** 22 + 1 });
  expect(findDevState(below)?.pid).toBe(process.pid);
});

test.each([
  ['half a file', '{"pid": 1'],
  ['another schema', '{"pid": "one"}'],
])('%s counts as none', (_, text) => {
  mkdirSync(join(directory, '.trainyard'));
  writeFileSync(devStatePath(directory), text);
  expect(readDevState(directory)).toBeUndefined();
});

test('only the process that wrote a state removes it', () => {
  writeDevState(directory, state);
  removeDevState(directory, state.pid + 1);
  expect(readDevState(directory)).toEqual(state);
  removeDevState(directory, state.pid);
  expect(readDevState(directory)).toBeUndefined();
});
