import { expect, test } from 'vitest';
import { progressOn } from '../../../src/servers/progress.ts';

const stream = (properties: {
  isTTY?: boolean;
  columns?: number;
}): { text: string; write(text: string): void } & typeof properties => ({
  ...properties,
  text: '',
  write(text) {
    this.text += text;
  },
});

test('a pipe gets one line per task', async () => {
  const pipe = stream({});
  await progressOn(pipe).during('Building', (detail) => {
    detail('step 1');
    return Promise.resolve();
  });
  expect(pipe.text).toBe('Building ...\n');
});

test('a terminal gets its first line at once and ends with the time it took', async () => {
  const terminal = stream({ isTTY: true, columns: 80 });
  const times = [0, 0, 65_000];
  await progressOn(terminal, () => times.shift() ?? 65_000).during('Building', () => {
    expect(terminal.text).toContain('Building · 0:00');
    return Promise.resolve();
  });
  expect(terminal.text.endsWith('✓ Building · 1:05\n')).toBe(true);
});

test('a line is never wider than the terminal', async () => {
  const terminal = stream({ isTTY: true, columns: 20 });
  await progressOn(terminal, () => 0).during('A title that is wider than the terminal', () =>
    Promise.resolve(),
  );
  const [first = ''] = terminal.text.split('\r\u001B[2K').filter((line) => line !== '');
  expect(first).toHaveLength(19);
});

test('a failed task is marked, and its error goes on', async () => {
  const terminal = stream({ isTTY: true, columns: 80 });
  const failing = progressOn(terminal, () => 0).during('Building', () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(terminal.text).toContain('✗ Building');
});
