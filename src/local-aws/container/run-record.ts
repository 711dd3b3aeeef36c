import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RunSpec } from './host.ts';
import { runDirectory } from './layout.ts';

const endRecord = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('completed') }),
  z.object({ kind: z.literal('failed'), reason: z.string(), exitCode: z.number().exactOptional() }),
  z.object({ kind: z.literal('lost') }),
]);

const runRecord = z.object({
  runId: z.string(),
  namespaces: z.enum(['root', 'user', 'none']),
  /** Loopback address of each host. */
  addresses: z.record(z.string(), z.string()),
  /** Somebody asked the run to end. */
  stopped: z.boolean().exactOptional(),
  end: endRecord.exactOptional(),
  uploaded: z.object({ modelUri: z.string().exactOptional() }).exactOptional(),
});

/** What any later endpoint process needs to know of a run; `run.json` in its directory, replaced as a whole. */
export type RunRecord = z.infer<typeof runRecord>;

const fileOf = (run: RunSpec): string => join(runDirectory(run), 'run.json');

export async function readRunRecord(run: RunSpec): Promise<RunRecord | undefined> {
  const text = await readFile(fileOf(run), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : runRecord.parse(JSON.parse(text));
}

export async function writeRunRecord(run: RunSpec, record: RunRecord): Promise<void> {
  const file = fileOf(run);
  await mkdir(runDirectory(run), { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify(record));
  await rename(`${file}.new`, file);
}
