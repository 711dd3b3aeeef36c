import type { CapacityNews, CapacityReport } from './queue-contract.ts';

/** What the monitor keeps about instance types, and for whom; carried over continue-as-new. Times are epoch milliseconds. */
export interface CapacityKnowledge {
  /** By instance type; only what is still of use. */
  readonly types: readonly CapacityNews[];
  /** The queues that want to hear of it, the one that reported last at the end. */
  readonly queues: readonly { readonly queue: string; readonly instanceTypes: readonly string[] }[];
}

/** News for one queue. */
export interface Parcel {
  readonly queue: string;
  readonly news: CapacityNews;
}

/** So long after a type should have been back, news that it is are still news. */
const OUT_REMEMBERED_MS = 24 * 3_600_000;
/** Beyond this the queue that has been silent for longest is forgotten; its next report brings it back. */
const MOST_QUEUES = 500;
const MOST_TYPES = 500;

export const NOTHING_KNOWN: CapacityKnowledge = { types: [], queues: [] };

/**
 * Takes in what a queue reports. Other queues that use the type are told what changed; a queue that reports for the first
 * time, or names more types than before, is told what is known of those.
 *
 *   outUntil      out of stock until then; of two times the later one counts
 *   no outUntil   there is some
 *   learnedLimit  the account's quota; without it, the known one stays
 */
export function learn(
  known: CapacityKnowledge,
  report: CapacityReport,
  now: number,
): { readonly known: CapacityKnowledge; readonly parcels: readonly Parcel[] } {
  const { queue, instanceTypes, news } = report;
  const earlier = known.queues.find((other) => other.queue === queue)?.instanceTypes ?? [];
  const others = known.queues.filter((other) => other.queue !== queue);
  const types = new Map(worthKeeping(known.types, now).map((entry) => [entry.instanceType, entry]));
  const parcels: Parcel[] = [];

  const added = instanceTypes.filter((type) => !earlier.includes(type));
  for (const type of added) {
    const entry = types.get(type);
    const isReported = news.some(({ instanceType }) => instanceType === type);
    if (entry === undefined || isReported) continue;
    const { outUntil, ...rest } = entry;
    const isOut = outUntil !== undefined && outUntil > now;
    if (isOut || rest.learnedLimit !== undefined) parcels.push({ queue, news: isOut ? entry : rest });
  }
  for (const item of news) {
    const before = types.get(item.instanceType);
    const after = merged(before, item);
    if (isSame(before, after)) continue;
    types.delete(item.instanceType);
    types.set(item.instanceType, after);
    for (const other of others) {
      if (other.instanceTypes.includes(item.instanceType)) parcels.push({ queue: other.queue, news: after });
    }
  }
  return {
    known: {
      types: worthKeeping([...types.values()], now).slice(-MOST_TYPES),
      queues: [...others, { queue, instanceTypes }].slice(-MOST_QUEUES),
    },
    parcels,
  };
}

/** A queue that is not there any more. */
export function forgetQueue(known: CapacityKnowledge, queue: string): CapacityKnowledge {
  return { ...known, queues: known.queues.filter((other) => other.queue !== queue) };
}

function merged(before: CapacityNews | undefined, news: CapacityNews): CapacityNews {
  const { instanceType, outUntil } = news;
  const learnedLimit = news.learnedLimit ?? before?.learnedLimit;
  return {
    instanceType,
    ...(outUntil === undefined ? {} : { outUntil: Math.max(outUntil, before?.outUntil ?? outUntil) }),
    ...(learnedLimit === undefined ? {} : { learnedLimit }),
  };
}

/** A type that there is some of is the same as one of which nothing is known. */
function isSame(before: CapacityNews | undefined, after: CapacityNews): boolean {
  return before?.outUntil === after.outUntil && before?.learnedLimit === after.learnedLimit;
}

function worthKeeping(types: readonly CapacityNews[], now: number): CapacityNews[] {
  return types.filter(
    ({ outUntil, learnedLimit }) =>
      learnedLimit !== undefined || (outUntil !== undefined && outUntil > now - OUT_REMEMBERED_MS),
  );
}

/** A report as it arrived, from whoever sent it: undefined when it is none. */
export function readReport(message: unknown): CapacityReport | undefined {
  if (!isRecord(message)) return undefined;
  const { queue, instanceTypes, news } = message;
  if (typeof queue !== 'string' || queue === '') return undefined;
  if (!Array.isArray(instanceTypes) || !instanceTypes.every((type) => typeof type === 'string'))
    return undefined;
  if (!Array.isArray(news) || !news.every(isNews)) return undefined;
  return { queue, instanceTypes, news };
}

function isNews(value: unknown): value is CapacityNews {
  if (!isRecord(value) || typeof value['instanceType'] !== 'string') return false;
  return [value['outUntil'], value['learnedLimit']].every(
    (number) => number === undefined || (typeof number === 'number' && Number.isFinite(number)),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
