import type { Placement } from '../jobs/placement.ts';
import type { EnvironmentHealth } from '../queues/environment-health.ts';
import type { QueueSnapshot } from '../queues/queue-view.ts';
import type { RunTimes } from '../queues/run-times.ts';
import type { Claims } from '../scheduling/claims.ts';
import type { FairShareUsage } from '../scheduling/fair-share/decayed-usage.ts';
import type { Entry, Grant, Profile } from './queue-entry.ts';

/** What continue-as-new carries of a queue besides its queue file: below 2 MB with 10,000 waiting jobs. */
export interface QueueCarried {
  readonly version: 1;
  readonly lastLease: number;
  readonly lastSequence: number;
  /** Since when it has been paused (epoch ms). */
  readonly pausedSince?: number;
  /** The search for open jobs that the queue does not know is not over. */
  readonly seeking?: true;
  /** When the leases are surveyed next (epoch ms), and the last waiting job that was. */
  readonly surveyDueAt?: number;
  readonly surveyedUpTo?: number;
  readonly monitor?: string;
  readonly runTimes: RunTimes;
  readonly lastDecisions: QueueSnapshot['lastDecisions'];
  readonly health: Readonly<Record<string, EnvironmentHealth>>;
  readonly usage: FairShareUsage;
  readonly jobs: CodedJobs;
}

/** Instance type and count; a label alone is a placement that SageMaker chooses. */
type CodedPlacement = readonly [type: string, count: number] | readonly [label: string];

/** Indices into `placements` and `words`; -1 is "none". */
type CodedProfile = readonly [
  placements: number,
  asked: number,
  user: number,
  limitSeconds: number,
  checkpointSeconds: number,
];

/** Milliseconds since `since`. */
type CodedJob = readonly [
  id: string,
  profile: number,
  priority: number,
  queuedAt: number,
  sequence: number,
  rest?: CodedRest,
];

/** What few jobs have. */
interface CodedRest {
  readonly preemptions?: number;
  readonly removed?: readonly number[];
  readonly held?: true;
  readonly heldSince?: number;
  readonly notBefore?: number;
  readonly runnableSince?: number;
  readonly leaving?: true;
  readonly grant?: Grant;
  readonly yieldsTo?: string;
  readonly claims?: Claims;
}

/** Jobs in the order in which they came, with what they have in common kept once. */
export interface CodedJobs {
  readonly since: number;
  readonly words: readonly string[];
  readonly placements: readonly (readonly CodedPlacement[])[];
  readonly profiles: readonly CodedProfile[];
  readonly jobs: readonly CodedJob[];
}

/** What the queue file says of jobs of a profile, without the placements at these indices. */
export type Terms = Pick<Entry, 'profile' | 'share' | 'options'>;

export function encodeJobs(entries: Iterable<Entry>): CodedJobs {
  const all = [...entries];
  const since = all.reduce((least, { queuedAt }) => Math.min(least, queuedAt), Infinity);
  const words = new Table<string>();
  const placements = new Table<readonly CodedPlacement[]>();
  const profiles = new Table<CodedProfile>();
  const known = new Map<Profile, number>();
  const word = (text: string | undefined): number => (text === undefined ? -1 : words.index(text, text));
  const profileIndex = (profile: Profile): number => {
    const index = known.get(profile);
    if (index !== undefined) return index;
    const coded = profile.placements.map(encodePlacement);
    const row: CodedProfile = [
      placements.index(JSON.stringify(coded), coded),
      word(profile.asked),
      word(profile.user),
      profile.limitSeconds ?? -1,
      profile.checkpointSeconds ?? -1,
    ];
    const added = profiles.index(row.join(' '), row);
    known.set(profile, added);
    return added;
  };
  const jobs = all.map((entry): CodedJob => {
    const rest = restOf(entry);
    const { id, profile, priority, queuedAt, sequence } = entry;
    const row = [id, profileIndex(profile), priority, queuedAt - since, sequence] as const;
    return rest === undefined ? row : [...row, rest];
  });
  return {
    since: all.length === 0 ? 0 : since,
    words: words.values,
    placements: placements.values,
    profiles: profiles.values,
    jobs,
  };
}

export function decodeJobs(
  { since, words, placements, profiles, jobs }: CodedJobs,
  termsOf: (profile: Profile, removed: readonly number[]) => Terms,
): Entry[] {
  const decoded = profiles.map(([shape, asked, user, limitSeconds, checkpointSeconds]): Profile => {
    const [askedWord, userWord] = [words[asked], words[user]];
    return {
      placements: (placements[shape] ?? []).map(decodePlacement),
      ...(askedWord === undefined ? {} : { asked: askedWord }),
      ...(userWord === undefined ? {} : { user: userWord }),
      ...(limitSeconds === -1 ? {} : { limitSeconds }),
      ...(checkpointSeconds === -1 ? {} : { checkpointSeconds }),
    };
  });
  const terms = decoded.map((profile) => termsOf(profile, []));
  return jobs.map(([id, index, priority, age, sequence, rest]): Entry => {
    const known = decoded[index];
    const whole = terms[index];
    if (known === undefined || whole === undefined)
      throw new RangeError(`Job ${id} has no profile ${index}.`);
    const { profile, share, options } = rest?.removed === undefined ? whole : termsOf(known, rest.removed);
    const queuedAt = since + age;
    const job = {
      id,
      profile,
      share,
      options,
      priority,
      queuedAt,
      sequence,
      preemptions: 0,
      removed: [],
      held: false,
      runnableSince: queuedAt,
    };
    return rest === undefined ? job : { ...job, ...rest };
  });
}

function restOf(entry: Entry): CodedRest | undefined {
  const { preemptions, removed, held, notBefore, runnableSince, queuedAt, leaving, grant } = entry;
  const rest: CodedRest = {
    ...(preemptions === 0 ? {} : { preemptions }),
    ...(removed.length === 0 ? {} : { removed }),
    ...(held ? { held } : {}),
    ...(entry.heldSince === undefined ? {} : { heldSince: entry.heldSince }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(runnableSince === queuedAt ? {} : { runnableSince }),
    ...(leaving === undefined ? {} : { leaving }),
    ...(grant === undefined ? {} : { grant }),
    ...(entry.yieldsTo === undefined ? {} : { yieldsTo: entry.yieldsTo }),
    ...(entry.claims === undefined ? {} : { claims: entry.claims }),
  };
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function encodePlacement(placement: Placement): CodedPlacement {
  return placement.kind === 'instances'
    ? [placement.instanceType, placement.instanceCount]
    : [placement.label];
}

function decodePlacement([name, instanceCount]: CodedPlacement): Placement {
  return instanceCount === undefined
    ? { kind: 'asWritten', label: name }
    : { kind: 'instances', instanceType: name, instanceCount };
}

/** Values by their index, none twice. */
class Table<T> {
  readonly values: T[] = [];
  readonly #indices = new Map<string, number>();

  index(key: string, value: T): number {
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    const index = this.values.push(value) - 1;
    this.#indices.set(key, index);
    return index;
  }
}
