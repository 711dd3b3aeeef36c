import { expect, test } from 'vitest';
import { layoutOf } from '../../../../src/cli/dev/layout.ts';

const cwd = '/home/ana/project';

test('everything is in .trainyard, and Temporal remembers', () => {
  const layout = layoutOf({ data: undefined, examples: false }, cwd);
  expect(layout.dataDir).toBe('/home/ana/project/.trainyard');
  expect(layout.temporalDb).toBe('/home/ana/project/.trainyard/temporal.db');
  expect(layout.log('worker')).toBe('/home/ana/project/.trainyard/logs/worker.log');
});

test('the local AWS endpoint keeps its data where `trainyard local-aws` looks for it by itself', () => {
  expect(layoutOf({ data: undefined, examples: false }, cwd).awsDir).toBe('/home/ana/project/.trainyard/aws');
});

test('--data is taken from the working directory', () => {
  expect(layoutOf({ data: 'runs', examples: false }, cwd).dataDir).toBe('/home/ana/project/runs');
});

test("the examples have a directory of their own, because it is emptied, also inside a user's --data", () => {
  expect(layoutOf({ data: undefined, examples: ['jobs'] }, cwd).dataDir).toBe(
    '/home/ana/project/.trainyard/examples',
  );
  expect(layoutOf({ data: '/data', examples: ['jobs'] }, cwd).dataDir).toBe('/data/examples');
});

test('the examples leave nothing in Temporal', () => {
  expect(layoutOf({ data: undefined, examples: ['jobs'] }, cwd).temporalDb).toBeUndefined();
});

test.each([
  ['/home/ana/project/.trainyard/logs', '.trainyard/logs'],
  ['/home/ana/project', '/home/ana/project'],
  ['/var/log', '/var/log'],
  ['npx', 'npx'],
  ['--port', '--port'],
])('%s is shown as %s', (path, want) => {
  expect(layoutOf({ data: undefined, examples: false }, cwd).shown(path)).toBe(want);
});
