/** The bundle of the tests: the real workflows, and a queue that only listens, for test/workflow/job-in-queue*.test.ts. */
import {
  condition,
  setHandler,
  defineSignal,
  defineUpdate,
  makeContinueAsNewFunc,
} from '@temporalio/workflow';
import { QUEUE_SIGNALS } from '../../../src/workflows/queue-contract.ts';

export * from '../../../src/workflows/index.ts';

/** What a job said to its queue. */
export interface Heard {
  readonly signal: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** (count) -> everything heard so far, as soon as that is at least so much. */
export const heard = defineUpdate<Heard[], [number]>('heard');
export const close = defineSignal('close');
export const startAnew = defineSignal('startAnew');

/**
 * Keeps what it hears; the test answers in its name. It wakes now and then, because a server that skips time skips to the next
 * thing that happens, and when only this workflow is left that would be its timeout ten years on.
 */
export async function listeningQueue(before: Heard[] = []): Promise<void> {
  const all = [...before];
  const state = { closed: false, anew: false };
  for (const signal of Object.values(QUEUE_SIGNALS)) {
    setHandler(defineSignal<[Heard['message']]>(signal), (message) => {
      all.push({ signal, message });
    });
  }
  setHandler(heard, async (count) => {
    await condition(() => all.length >= count);
    return all;
  });
  setHandler(close, () => {
    state.closed = true;
  });
  setHandler(startAnew, () => {
    state.anew = true;
  });
  const over = (): boolean => state.closed || state.anew;
  while (!over()) await condition(over, '100 days');
  if (state.anew) await makeContinueAsNewFunc<typeof listeningQueue>()(all);
}
