import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobDirectory } from '../../src/ports/job-directory.ts';

/** A namespace in which workflows of jobs are opened and ended by hand. */
export interface JobDirectoryWorld {
  readonly directory: JobDirectory;
  /** Starts a workflow of the job; resolves with its run id. */
  open(jobId: string, queue?: string): Promise<string>;
  terminate(jobId: string): Promise<void>;
  /** Lets the open workflow continue as new. */
  continueAsNew(jobId: string): Promise<void>;
  /** Resolves when a list shows what was done before. */
  settled(holds: () => Promise<boolean>): Promise<void>;
  /** From now on the server does not answer. */
  cutOff(): Promise<void>;
  close(): Promise<void>;
}

let made = 0;
const freshId = (): string => `suite-${process.pid}-${++made}`;

async function listed(directory: JobDirectory, queue?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { jobId } of directory.openJobs(queue === undefined ? {} : { queue })) found.push(jobId);
  return found;
}

/** What every JobDirectory must do, whatever is behind it; `lists`: whether that server can list. */
export function describeJobDirectory(
  name: string,
  { lists }: { readonly lists: boolean },
  start: () => Promise<JobDirectoryWorld>,
): void {
  describe(`job directory: ${name}`, () => {
    let world: JobDirectoryWorld;
    let directory: JobDirectory;

    beforeAll(async () => {
      world = await start();
      directory = world.directory;
    });
    afterAll(() => world.close());

    it('knows an open job and its run', async () => {
      const jobId = freshId();
      const runId = await world.open(jobId);
      const state = await directory.stateOf(jobId);
      expect(state.kind).toBe('open');
      // A server that does not tell first runs says nothing of them, and never the wrong one.
      if (state.kind === 'open' && state.runId !== undefined) expect(state.runId).toBe(runId);
      await world.terminate(jobId);
    });

    it('knows a terminated job, and since when', async () => {
      const jobId = freshId();
      await world.open(jobId);
      await world.terminate(jobId);
      const state = await directory.stateOf(jobId);
      expect(state).toMatchObject({ kind: 'closed', closedAt: expect.any(Number) as number });
    });

    it('knows that there never was such a job', async () => {
      expect(await directory.stateOf(freshId())).toEqual({ kind: 'absent' });
    });

    it('tells a run that it has seen from one that it has not', async () => {
      const jobId = freshId();
      const first = await world.open(jobId);
      await world.terminate(jobId);
      expect(await directory.hadRun(jobId, first)).toBe('yes');
      expect(await directory.hadRun(jobId, '6d2b1a4e-0000-4000-8000-000000000000')).toBe('unknown');
    });

    it('tells the second workflow of an id from the first', async () => {
      const jobId = freshId();
      const first = await world.open(jobId);
      await world.terminate(jobId);
      const second = await world.open(jobId);
      const state = await directory.stateOf(jobId);
      expect(state.kind).toBe('open');
      if (state.kind === 'open' && state.runId !== undefined) expect(state.runId).toBe(second);
      expect(await directory.hadRun(jobId, first)).toBe('yes');
      await world.terminate(jobId);
    });

    it('keeps the first run of a job that continues as new', async () => {
      const jobId = freshId();
      const first = await world.open(jobId);
      await world.continueAsNew(jobId);
      expect(await directory.stateOf(jobId)).toEqual({ kind: 'open', runId: first });
      await world.terminate(jobId);
      expect(await directory.stateOf(jobId)).toMatchObject({ kind: 'closed', runId: first });
    });

    it.runIf(lists)('lists the open jobs of a queue, and of all', async () => {
      const [one, two, other, over] = [freshId(), freshId(), freshId(), freshId()];
      for (const jobId of [one, two, over]) await world.open(jobId, 'search');
      await world.open(other);
      await world.terminate(over);
      await world.settled(async () => {
        const all = await listed(directory);
        return [one, two, other].every((jobId) => all.includes(jobId)) && !all.includes(over);
      });
      expect((await listed(directory, 'search')).toSorted()).toEqual([one, two].toSorted());
      expect(await listed(directory, 'ads')).toEqual([]);
      for (const jobId of [one, two, other]) await world.terminate(jobId);
    });

    it.runIf(!lists)('says that it cannot tell, where the server does not list', async () => {
      await expect(listed(directory)).rejects.toThrow(expect.objectContaining({ name: 'CannotTell' }));
    });

    it('identifies its namespace, always in the same way', async () => {
      const id = await directory.namespaceId();
      expect(id).not.toBe('');
      expect(await directory.namespaceId()).toBe(id);
    });

    it('concludes nothing from silence', { timeout: 120_000 }, async () => {
      await world.cutOff();
      expect((await directory.stateOf(freshId())).kind).toBe('unknown');
      await expect(listed(directory)).rejects.toThrow(expect.objectContaining({ name: 'CannotTell' }));
    });
  });
}
