import type { Trainyard } from './terminal.ts';

/** The jobs that these words mean, each once, in their order. A word that means no single job stops everything. */
export async function resolveAll(client: Trainyard, words: readonly string[]): Promise<readonly string[]> {
  const jobIds = new Set<string>();
  for (const word of words) jobIds.add(await client.resolve(word));
  return [...jobIds];
}
