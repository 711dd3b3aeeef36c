import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { LogEntry } from '@temporalio/worker';

/**
 * The time-skipping server loses a workflow for good when the workflow cancels an activity that completes at the same moment, that is
 * between the start and the end of the workflow task that says so. It refuses the task (ACTIVITY_UNKNOWN) after it has moved its state
 * machine on, so that the task neither ends nor times out, and forgets the activity's completion, so that every later task asks for
 * the same cancel and is refused again; no message to the workflow helps (sdk-java, TestWorkflowMutableStateImpl,
 * processRequestCancelActivityTask). The real server takes the command.
 *
 * The worker's log is where it can be seen. A play in which it happens fails at once and by this name, and may be tried again.
 */
export class LostTask extends Error {
  override readonly name = 'LostTask';
}

/** Of the process: setup files and tests need not share their modules. */
const LOSSES = 'trainyard:lost-task';

/** For the logger of the Temporal runtime: sees whether an entry tells of a loss. */
export function watchForLostTasks({ message, meta }: LogEntry): void {
  const text = `${message} ${JSON.stringify(meta ?? {})}`;
  if (text.includes('ACTIVITY_UNKNOWN')) channel(LOSSES).publish(text);
}

/** What the play comes to, or LostTask as soon as the server loses a workflow during it. */
export async function unlessTaskIsLost<T>(play: Promise<T>): Promise<T> {
  let hear: (text: unknown) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => {
    hear = (text) => reject(new LostTask(`the test server lost a workflow task: ${String(text)}`));
  });
  subscribe(LOSSES, hear);
  try {
    return await Promise.race([play, lost]);
  } finally {
    unsubscribe(LOSSES, hear);
  }
}
