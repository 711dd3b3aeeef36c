import { allHandlersFinished, condition } from '@temporalio/workflow';

/**
 * Waits until the predicate holds (true) or the time `deadline` (epoch ms; undefined: never) has passed (false).
 *
 * It holds only when no handler is at work. A worker without cache may get a signal and an update in one activation that a
 * replay gets in two (sdk-core history_update.rs, find_end_index_of_next_wft_seq); the caller, woken by the signal, would
 * then command before the update's completion, and after it on replay.
 */
export async function until(
  predicate: () => boolean,
  deadline: number | undefined,
  summary: string,
): Promise<boolean> {
  const ready = (): boolean => predicate() && allHandlersFinished();
  if (ready()) return true;
  if (deadline === undefined) {
    await condition(ready);
    return true;
  }
  const ms = deadline - Date.now();
  return ms <= 0 ? false : condition(ready, ms, { summary });
}
