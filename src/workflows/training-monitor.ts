import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  log,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { OrphanNotes, SweepReport } from '../activities/types.ts';
import { sweepTrainings } from './activity-proxies.ts';
import {
  forgetQueue,
  learn,
  NOTHING_KNOWN,
  readReport,
  type CapacityKnowledge,
  type Parcel,
} from './capacity-knowledge.ts';
import type { TrainingMonitorInput } from './contract.ts';
import { monitorDetails } from './monitor-details.ts';
import { MONITOR_SIGNALS, QUEUE_SIGNALS, queueWorkflowId, type CapacityReport } from './queue-contract.ts';

const CONTINUE_AS_NEW_AFTER_EVENTS = 2_000;

/** What continue-as-new carries besides. */
export interface MonitorInput extends TrainingMonitorInput {
  readonly orphans?: OrphanNotes;
  readonly capacity?: CapacityKnowledge;
  /** Continue as new at this many history events. (Default: 2,000, or what the server suggests if that is earlier) */
  readonly continueAsNewAfterEvents?: number;
}

const capacityReport = defineSignal<[CapacityReport]>(MONITOR_SIGNALS.capacityReport);

/**
 * One per account and region. It sees which training jobs changed and tells their workflows; it finds training jobs whose
 * workflow is over and has them stopped; and it keeps what is known of the account as a whole: which instance types are
 * out of stock, which quotas were learned.
 *
 * It gives jobs latency, not correctness: every job has its own safety check, so losing the monitor loses nothing.
 *
 * The sweeping itself is one activity per session of some minutes, so that a sweep every few seconds costs no history. A
 * session is ended early when the news of queues have filled the history meanwhile.
 */
export async function trainingMonitor(input: MonitorInput): Promise<void> {
  let watermark = input.watermark ?? Date.now();
  let { orphans } = input;
  let capacity = input.capacity ?? NOTHING_KNOWN;
  let report: SweepReport | undefined;
  const { account, region } = input;
  const show = (): void => setCurrentDetails(monitorDetails(input, { capacity, report, now: Date.now() }));

  setHandler(
    capacityReport,
    async (message) => {
      const received = readReport(message);
      if (received === undefined) {
        log.warn('a report about capacity makes no sense', { message });
        return;
      }
      const { known, parcels } = learn(capacity, received, Date.now());
      capacity = known;
      show();
      const told = await Promise.all(parcels.map(isDelivered));
      for (const [index, { queue }] of parcels.entries()) {
        if (told[index] === false) capacity = forgetQueue(capacity, queue);
      }
    },
    { description: 'From a queue: which instance types it uses, and what it found out about them.' },
  );

  const mustContinueAsNew = (): boolean => isHistoryLong(input);
  while (!mustContinueAsNew()) {
    const session = new CancellationScope({ cancellable: true });
    const state = { over: false };
    const sweeps = session.run(() =>
      sweepTrainings.executeWithOptions({ summary: `sweeps of ${account} ${region}` }, [
        { account, region, watermark, ...(orphans === undefined ? {} : { orphans }) },
      ]),
    );
    const end = (async () => {
      await condition(() => state.over || mustContinueAsNew());
      if (!state.over) session.cancel();
    })();
    try {
      report = await sweeps;
      watermark = report.watermark;
      orphans = report.orphans;
    } catch (error) {
      // Its report is lost with it: the next session sees the changes once more.
      if (!session.consideredCancelled) throw error;
    } finally {
      state.over = true;
      await end;
    }
    show();
  }
  await condition(allHandlersFinished);
  const { continueAsNewAfterEvents: bound } = input;
  await makeContinueAsNewFunc<typeof trainingMonitor>()({
    account,
    region,
    watermark,
    ...(orphans === undefined ? {} : { orphans }),
    capacity,
    ...(bound === undefined ? {} : { continueAsNewAfterEvents: bound }),
  });
}

function isHistoryLong({ continueAsNewAfterEvents = CONTINUE_AS_NEW_AFTER_EVENTS }: MonitorInput): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || info.historyLength > continueAsNewAfterEvents;
}

/** False when the queue is not there any more. */
async function isDelivered({ queue, news }: Parcel): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(queueWorkflowId(queue)).signal(QUEUE_SIGNALS.capacityNews, news);
    return true;
  } catch (error) {
    log.info('a queue cannot be told of capacity', { queue, error });
    return false;
  }
}
