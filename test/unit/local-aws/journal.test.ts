import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../../src/local-aws/journal.ts';

interface Entry {
  readonly key: string;
  readonly value: number;
}

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trainyard-journal-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** A map on disk. */
async function open(
  compactBytes?: number,
): Promise<{ map: Map<string, number>; journal: Journal<Entry>; set: (key: string, value: number) => void }> {
  const map = new Map<string, number>();
  const journal = await Journal.open<Entry>({
    dir,
    load: (entry) => {
      const { key, value } = entry as Entry;
      map.set(key, value);
    },
    snapshot: function* () {
      for (const [key, value] of map) yield { key, value };
    },
    ...(compactBytes === undefined ? {} : { compactBytes }),
  });
  const set = (key: string, value: number): void => {
    map.set(key, value);
    journal.append({ key, value });
  };
  return { map, journal, set };
}

describe('the journal', () => {
  it('is empty at first', async () => {
    const { map, journal } = await open();
    await journal.durable();
    expect(map.size).toBe(0);
    await journal.close();
  });

  it('has on disk what durable waited for, without being closed', async () => {
    const { set, journal } = await open();
    set('a', 1);
    set('b', 2);
    await journal.durable();
    const again = await open();
    expect([...again.map]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    await Promise.all([journal.close(), again.journal.close()]);
  });

  it('leaves out a last line that was cut short, and goes on after it', async () => {
    const first = await open();
    first.set('a', 1);
    await first.journal.close();
    await appendFile(join(dir, 'journal-00000001.jsonl'), '{"key":"b","va');
    const second = await open();
    second.set('c', 3);
    await second.journal.close();
    const third = await open();
    expect([...third.map]).toEqual([
      ['a', 1],
      ['c', 3],
    ]);
    await third.journal.close();
  });

  it('refuses a line that is damaged in the middle', async () => {
    await writeFile(
      join(dir, 'journal-00000001.jsonl'),
      '{"key":"a","value":1}\n{"key"\n{"key":"c","value":3}\n',
    );
    await expect(open()).rejects.toMatchObject({ code: 'LOCAL_AWS_STATE' });
  });

  it('folds what has grown into a snapshot, while changes go on', async () => {
    const first = await open(2_000);
    for (let i = 0; i < 500; i++) {
      first.set(`key-${i % 20}`, i);
      if (i % 10 === 0) await first.journal.durable();
    }
    await first.journal.durable();
    await vi.waitFor(async () =>
      expect((await readdir(dir)).some((name) => name.startsWith('snapshot-'))).toBe(true),
    );
    first.set('last', 1);
    await first.journal.close();
    const second = await open();
    expect(new Map(second.map)).toEqual(first.map);
    await second.journal.close();
  });

  it('ignores a snapshot that was not finished', async () => {
    const first = await open();
    first.set('a', 1);
    await first.journal.close();
    await writeFile(join(dir, 'snapshot.tmp'), '{"key":"b","value":2}\n');
    const second = await open();
    expect([...second.map]).toEqual([['a', 1]]);
    await second.journal.close();
  });

  it('writes many changes of one moment in one batch', async () => {
    const { set, journal } = await open();
    for (let i = 0; i < 1_000; i++) set(`k${i}`, i);
    await journal.durable();
    const text = await readFile(join(dir, 'journal-00000001.jsonl'), 'utf8');
    expect(text.split('\n')).toHaveLength(1_001);
    await journal.close();
  });

  it('is durable no more after a write has failed', async () => {
    const { set, journal } = await open();
    set('a', 1);
    await journal.durable();
    await journal.close();
    set('b', 2);
    await expect(journal.durable()).rejects.toMatchObject({ code: 'LOCAL_AWS_STATE' });
    set('c', 3);
    await expect(journal.durable()).rejects.toMatchObject({ code: 'LOCAL_AWS_STATE' });
  });
});
