import { readdirSync, readFileSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { workflowCode } from '../../src/workflow-code.ts';
import { beforeAll, describe, expect, it, test } from 'vitest';

const histories = new URL('./histories/', import.meta.url);
const recorded = readdirSync(histories, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .sort();

let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } });
  workflowBundle = await bundleWorkflowCode({
    ...workflowCode(),
    logger: new DefaultLogger('ERROR'),
  });
}, 60_000);

interface RecordedHistory {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: { readonly workflowId: string };
    readonly activityTaskScheduledEventAttributes?: { readonly activityType: { name: string } };
  }[];
}

const read = (file: string): RecordedHistory =>
  JSON.parse(readFileSync(new URL(file, histories), 'utf8')) as RecordedHistory;

/** Under its own workflow id, on which a job's workflow depends. */
const replay = (history: RecordedHistory): Promise<void> =>
  Worker.runReplayHistory(
    { workflowBundle },
    history,
    history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId,
  );

describe('a recorded history', () => {
  it('exists for each way that a job or a queue can go', () => {
    expect(recorded.length).toBeGreaterThanOrEqual(26);
  });

  test.each(recorded)('%s replays', async (file) => {
    await expect(replay(read(file))).resolves.toBeUndefined();
  });

  it('that this code cannot have made is refused', async () => {
    const file = recorded.find((name) => name.endsWith('job-succeeds.json'));
    const history = read(file ?? '');
    for (const { activityTaskScheduledEventAttributes: scheduled } of history.events) {
      if (scheduled?.activityType.name === 'launchTraining') scheduled.activityType.name = 'stopTraining';
    }
    await expect(replay(history)).rejects.toThrow();
  });
});
