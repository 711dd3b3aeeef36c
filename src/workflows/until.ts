import { condition } from '@temporalio/workflow';

/** Waits until the predicate holds (true) or the time `deadline` (epoch ms; undefined: never) has passed (false). */
export async function until(
  predicate: () => boolean,
  deadline: number | undefined,
  summary: string,
): Promise<boolean> {
  if (predicate()) return true;
  if (deadline === undefined) {
    await condition(predicate);
    return true;
  }
  const ms = deadline - Date.now();
  return ms <= 0 ? false : condition(predicate, ms, { summary });
}
