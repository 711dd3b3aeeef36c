import type { Admission, Decision, Preemption, PreemptionCause, WaitReason } from './decision.ts';
import type { Remedy } from './explanation.ts';
import type { EnvironmentState } from './job.ts';

/**
 * Every sentence that people read about the core's decisions, with its numbers. Made here and nowhere else, so that the command
 * line, the Web UI and the history say the same. Job ids and names of shares and environments are quoted as they are.
 */

/** What the share of a waiting job holds of an environment, to put before the constraint that blocks the job. */
export interface ShareInWords {
  readonly share: string;
  readonly used: number;
  readonly guaranteed: number;
  readonly borrowed: number;
}

/** Time as people read it, to the second. */
export const clockTime = (time: number): string =>
  `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
const instances = (n: number): string => count(n, 'instance');
const areNeeded = (n: number): string => `${n} more ${n === 1 ? 'is' : 'are'} needed`;

/** `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`. */
export function jobList(ids: readonly string[], most = 4): string {
  const named = ids.length > most ? ids.slice(0, most - 1) : ids;
  const others = ids.length - named.length;
  const parts = others > 0 ? [...named, `${others} more`] : named;
  const last = parts.at(-1) ?? 'nobody';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

/** `90 s`, `15 min`, `2 h 5 min`, `3 d 4 h`: rounded, with the two greatest units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** What only the sentence needs to know, besides the reason. */
export interface WaitContext {
  /** What its share uses is said first, where it matters. */
  readonly share?: ShareInWords | undefined;
  /** Nobody was asked to stop: the question is what would happen. */
  readonly supposed?: boolean;
}

/** What keeps a job from starting, in one sentence. */
export function waitSentence(why: WaitReason, { share, supposed = false }: WaitContext = {}): string {
  switch (why.code) {
    case 'ENVIRONMENT_FULL': {
      const missing =
        why.free < 0 ? `${why.needed - why.free} must come free` : areNeeded(why.needed - why.free);
      const room =
        why.free < 0
          ? `${why.environment} has ${why.limit - why.free} of ${instances(why.limit)} in use, ${-why.free} over the limit`
          : `${why.environment} has ${why.free} of ${instances(why.limit)} free`;
      return share === undefined || share.used === 0
        ? `${room}: ${missing}.`
        : `${uses(share, why.environment)}, and ${room}: ${missing}.`;
    }
    case 'SHARE_LIMIT': {
      const most = why.guaranteed + (why.borrowLimit ?? 0);
      const parts =
        why.borrowLimit === undefined || why.borrowLimit === 0
          ? 'its guarantee, and it may borrow nothing'
          : `${why.guaranteed} guaranteed, at most ${why.borrowLimit} borrowed`;
      return (
        `${why.node} uses ${why.used} of ${why.environment} and may use ${most} (${parts}): ` +
        `${instances(why.needed)} would be ${why.used + why.needed - most} too many.`
      );
    }
    case 'NOT_LENT':
      return (
        `${why.environment} has ${instances(why.free)} free, but ${share === undefined ? 'its share' : share.share} ` +
        `may use ${why.available > 0 ? `only ${why.available}` : 'none'} of them, ` +
        `for the others are guaranteed to shares that do not lend them: ${areNeeded(why.needed - why.available)}.`
      );
    case 'PREEMPTING':
      if (supposed)
        return `It would preempt ${jobList(why.victims)} on ${why.environment}, and start when ${why.victims.length === 1 ? `${jobList(why.victims)} has` : 'they have'} stopped.`;
      return `${jobList(why.victims)} ${why.victims.length === 1 ? 'was' : 'were'} preempted for it and must stop first on ${why.environment}.`;
    case 'RELEASE_EXPECTED':
      if (supposed)
        return `${jobList(why.from)} would be preempted on ${why.environment} for others, and what that frees would be enough.`;
      return (
        `${jobList(why.from)} ${why.from.length === 1 ? 'is' : 'are'} stopping on ${why.environment} already, ` +
        'and what that frees will be enough.'
      );
    case 'RESERVED':
      return (
        `${why.environment} has ${instances(Math.max(0, why.free))} free, but they are saved up for ${why.for}, ` +
        `which came before it and has waited long: ${why.needed} ${why.needed === 1 ? 'is' : 'are'} needed beside that.`
      );
    case 'COMPUTE_RESERVATION':
      return (
        `${why.environment} has ${instances(why.free)} free, of which ${why.reserved} ${why.reserved === 1 ? 'is' : 'are'} kept for ` +
        `shares without jobs (computeReservation): ${areNeeded(why.needed - Math.max(0, why.free - why.reserved))}.`
      );
    case 'DRAINING':
      return `${why.environment} is being drained and takes no new jobs.`;
    case 'COOLING':
      return `AWS had no capacity for ${why.environment}; it is tried again at ${clockTime(why.until)}.`;
    case 'PROBING':
      return `${why.job} is finding out whether AWS has capacity for ${why.environment} again; nobody else may start there before.`;
    case 'BEHIND':
      return `${why.job} comes first.`;
    case 'NEVER_FITS':
      return (
        `It needs ${instances(why.needed)} of ${why.environment}, and ` +
        {
          environment: `${why.environment} has a limit of ${why.most}`,
          share: `its share could never get more than ${why.most}`,
          borrowLimit: `its share could never get more than ${why.most}, guaranteed and borrowed`,
        }[why.limitedBy] +
        '.'
      );
  }
}

function uses({ share, used, guaranteed, borrowed }: ShareInWords, environment: string): string {
  if (guaranteed === 0 && borrowed === 0) return `${share} uses ${used} of ${environment}`;
  return borrowed === 0
    ? `${share} uses ${used} of ${environment} (${guaranteed} guaranteed)`
    : `${share} uses ${used} of ${environment} (${guaranteed} guaranteed, ${borrowed} borrowed)`;
}

export function admissionSentence({
  job,
  share,
  environment,
  instances: n,
  borrowed,
  why,
}: Admission): string {
  const takes = `${job} of ${share} starts with ${instances(n)} of ${environment}`;
  const lent = borrowed > 0 ? `, with which ${share} borrows ${borrowed}` : '';
  switch (why.code) {
    case 'FITS':
    case 'BORROWS':
      return `${takes}${lent}.`;
    case 'BACKFILLS':
      return `${takes}${lent}, passing ${why.past}, which cannot start yet.`;
  }
}

export function preemptionSentence(preemption: Preemption): string {
  const { victim, for: by, cause, environment, instances: n } = preemption;
  return (
    `${victim} is preempted and gives back ${instances(n)} of ${environment}, ` +
    `because ${by} ${causeWords[cause]}; ${loss(preemption, 'its')}.`
  );
}

/** The same as its victim is told. */
export function victimSentence(preemption: Preemption): string {
  const { for: by, cause, environment, instances: n } = preemption;
  return `${by} gets ${instances(n)} of ${environment}, because it ${causeWords[cause]}; ${loss(preemption, 'the')}.`;
}

function loss({ lostInstanceSeconds: lost }: Preemption, whose: string): string {
  return lost === 0
    ? 'no work is lost'
    : `${duration(lost)} of instance time since ${whose} last checkpoint ${lost === 1 ? 'is' : 'are'} lost`;
}

const causeWords: Readonly<Record<PreemptionCause, string>> = {
  withinShare: 'comes first in the same share, which has no room left',
  reclaim: 'needs what its share is guaranteed and others borrowed',
  reclaimWhileBorrowing: 'has the higher priority, though its share borrows',
  fairShare: 'is of a share that has less than its fair part',
};

/** A decision in one sentence, for the last decisions of a queue. */
export function decisionSentence(decision: Decision): string {
  switch (decision.kind) {
    case 'admit':
      return admissionSentence(decision);
    case 'preempt':
      return preemptionSentence(decision);
    case 'wait':
      return `${decision.job} of ${decision.share} waits: ${waitSentence(decision.why)}`;
  }
}

/** Why an environment takes no jobs, or not all of them; undefined when it is open. */
export function environmentSentence(name: string, state: EnvironmentState): string | undefined {
  switch (state.kind) {
    case 'open':
      return undefined;
    case 'draining':
      return waitSentence({ code: 'DRAINING', environment: name });
    case 'cooling':
      return waitSentence({ code: 'COOLING', environment: name, until: state.until });
    case 'probing':
      return waitSentence({ code: 'PROBING', environment: name, job: state.job });
  }
}

/** Why a job that could stop others does not (claims.ts). */
export function pauseSentence(times: number, seconds: number): string {
  return `Others were stopped for it ${times} times and it never ran for long after, so it may have others stopped again only in ${duration(seconds)}.`;
}

/** Why a job that could stop others if it were smaller does not (quota/assignment.ts). */
export function aboveGuaranteeSentence(p: {
  readonly share: string;
  readonly needed: number;
  readonly guaranteed: number;
}): string {
  const why =
    p.guaranteed === 0
      ? `${p.share} is guaranteed none there`
      : `it needs ${p.needed}, more than the ${p.guaranteed} that ${p.share} is guaranteed`;
  return `It preempts nobody, because ${why}.`;
}

/** A remedy without its sentence: members of each kind, kept apart. */
export type BareRemedy = Remedy extends infer R ? (R extends Remedy ? Omit<R, 'sentence'> : never) : never;

/** `preempts`: it would not start at once, but by preempting others. */
export function remedySentence(remedy: BareRemedy, preempts: boolean): string {
  const then = preempts ? 'it would preempt others and start when they have stopped' : 'it would start';
  switch (remedy.kind) {
    case 'instances':
      return `With ${remedy.instances} more ${remedy.instances === 1 ? 'instance' : 'instances'} in ${remedy.environment} ${then}.`;
    case 'jobsEnd': {
      const expected =
        remedy.expectedAt === undefined ? '' : `, by ${clockTime(remedy.expectedAt)} at the latest`;
      return `When ${jobList(remedy.jobs)} ${remedy.jobs.length === 1 ? 'ends' : 'end'}${expected}, ${then}.`;
    }
    case 'quota':
      return (
        `With ${quotaWords[remedy.which]} of ${remedy.node} in ${remedy.environment} raised by ${remedy.by}` +
        `${remedy.from === undefined ? '' : ` and that of ${remedy.from.node} lowered by ${remedy.from.by}`} ${then}.`
      );
    case 'priority':
      return `With priority ${remedy.priority} ${then}.`;
    case 'time':
      return preempts
        ? `At ${clockTime(remedy.at)} it may preempt others, and starts when they have stopped.`
        : `At ${clockTime(remedy.at)} it starts, if nothing else changes.`;
    case 'operator':
      return {
        resume: `When the queue is resumed ${then}.`,
        release: `When the job is released ${then}.`,
        undrain: `When the environment takes jobs again ${then}.`,
      }[remedy.what];
  }
}

const quotaWords = {
  guaranteed: 'the guarantee',
  borrowLimit: 'the borrow limit',
  lendLimit: 'the lend limit',
} as const;

/** Why another job comes before this one, or what a running one holds. */
export type AheadCause =
  | { readonly code: 'PRIORITY'; readonly priority: number }
  | { readonly code: 'EARLIER' }
  | { readonly code: 'SHARE_TURN' }
  | { readonly code: 'WITHIN_QUOTA'; readonly share: string }
  | {
      readonly code: 'HOLDS';
      readonly environment: string;
      readonly instances: number;
      readonly until?: number;
    }
  | {
      readonly code: 'STOPPING';
      readonly environment: string;
      readonly instances: number;
      readonly for: string;
    };

export function aheadSentence(cause: AheadCause): string {
  switch (cause.code) {
    case 'PRIORITY':
      return `Higher priority ${cause.priority}.`;
    case 'EARLIER':
      return 'Submitted earlier.';
    case 'SHARE_TURN':
      return 'Its share has the lower usage for its weight.';
    case 'WITHIN_QUOTA':
      return `${cause.share} has room in its guarantee, and this job would borrow.`;
    case 'HOLDS':
      return `Holds ${cause.instances} of ${cause.environment}${cause.until === undefined ? '' : `, expected until ${clockTime(cause.until)}`}.`;
    case 'STOPPING':
      return `Stops for ${cause.for} and gives back ${cause.instances} of ${cause.environment}.`;
  }
}

/** What a running job holds. */
export function holdsSentence(p: {
  readonly instances: number;
  readonly environment: string;
  readonly startedAt: number;
  readonly stoppingFor?: string;
}): string {
  const holds = `${instances(p.instances)} of ${p.environment} since ${clockTime(p.startedAt)}`;
  return p.stoppingFor === undefined ? `Holds ${holds}.` : `Stops for ${p.stoppingFor}; held ${holds}.`;
}

export const NOTHING_BLOCKS = 'Nothing blocks it: it starts with the next decision of the queue.';

/** Who could take a running job's instances away, when no waiting job can now. */
export type PreemptorKind =
  | { readonly code: 'JOB'; readonly job: string; readonly cause: PreemptionCause; readonly from?: number }
  | {
      readonly code: 'GUARANTEE';
      readonly share: string;
      readonly guaranteed: number;
      readonly above?: number;
      readonly from?: number;
    }
  | { readonly code: 'SAME_SHARE'; readonly share: string; readonly above?: number; readonly from?: number }
  | { readonly code: 'BORROWER'; readonly share: string; readonly above: number; readonly from?: number }
  | { readonly code: 'FAIR'; readonly share: string; readonly from?: number };

export function preemptorSentence(kind: PreemptorKind): string {
  const from = kind.from === undefined ? '' : `, from ${clockTime(kind.from)} on`;
  switch (kind.code) {
    case 'JOB':
      return `${kind.job} would preempt it, because it ${causeWords[kind.cause]}${from}.`;
    case 'GUARANTEE':
      return (
        `A job of ${kind.share} within its guarantee of ${kind.guaranteed}` +
        `${kind.above === undefined ? '' : ` with priority above ${kind.above}`} could preempt it${from}.`
      );
    case 'SAME_SHARE':
      return `A job of ${kind.share}${kind.above === undefined ? '' : ` with priority above ${kind.above}`} could preempt it when the share is at its quota${from}.`;
    case 'BORROWER':
      return `A job of ${kind.share} with priority above ${kind.above} could preempt it, even while ${kind.share} borrows${from}.`;
    case 'FAIR':
      return `A job of ${kind.share} could preempt it while ${kind.share} has less than its fair part${from}.`;
  }
}

/** Why nothing can preempt a running job: goes after what it holds. */
export type SafeCause =
  | { readonly code: 'POLICY'; readonly policy: 'fifo' | 'fairShare' }
  | { readonly code: 'STOPPING' }
  | { readonly code: 'PREEMPTION_LIMIT'; readonly preemptions: number }
  /** Jobs that could preempt others would stop these. */
  | { readonly code: 'OTHERS_FIRST'; readonly jobs: readonly string[] }
  | { readonly code: 'WITHIN_QUOTA'; readonly share: string };

export function safeSentence(cause: SafeCause): string {
  switch (cause.code) {
    case 'POLICY':
      return `Nothing can preempt it: a ${cause.policy} queue never preempts.`;
    case 'STOPPING':
      return 'It is stopping already.';
    case 'PREEMPTION_LIMIT':
      return `Nothing can preempt it: it was preempted ${count(cause.preemptions, 'time')}, which is the most per job.`;
    case 'OTHERS_FIRST':
      return `No single job can preempt it now: ${jobList(cause.jobs)} would go first.`;
    case 'WITHIN_QUOTA':
      return `Nothing can preempt it now: the quotas let no job of ${cause.share} or of another share take its instances.`;
  }
}

/** What an estimate rests on. */
export interface BasisInWords {
  /** Ended jobs whose running times were used, and their median, by share (`''` for the whole queue). */
  readonly histories: readonly { readonly share: string; readonly count: number; readonly median: number }[];
  readonly byLimit: number;
  /** Jobs that have no limit and no history: SageMaker stops them after a day by default. */
  readonly byDefault: number;
  /** Preempted jobs that stop first. */
  readonly stops: number;
  readonly end: 'started' | 'bound' | 'nothingMore';
}

export function basisSentence(basis: BasisInWords): string {
  const named = basis.histories.filter(({ share }) => share !== '');
  const whole = basis.histories.find(({ share }) => share === '');
  // Of one share only: its jobs are those of the whole queue.
  const same = whole !== undefined && named.some((h) => h.count === whole.count);
  const parts = [
    ...named.map(
      (h) =>
        `the running times of ${count(h.count, 'ended job')} of ${h.share} (median ${duration(h.median)})` +
        (same && h.count === whole.count ? ', for other shares, too' : ''),
    ),
    ...(whole === undefined || same
      ? []
      : [
          'the running times of ' +
            (named.length === 0
              ? `${count(whole.count, 'ended job')} (median ${duration(whole.median)})`
              : `all ${whole.count} ended jobs (median ${duration(whole.median)}) for shares without any`),
        ]),
    ...(basis.byLimit > 0 ? [`the time limits of ${count(basis.byLimit, 'job')}`] : []),
    ...(basis.byDefault > 0
      ? [
          `the limit of one day that SageMaker sets by default for ${count(basis.byDefault, 'job')} without a limit`,
        ]
      : []),
    ...(basis.stops > 0 ? [`the time that ${count(basis.stops, 'preempted job')} may take to stop`] : []),
  ];
  const rests = parts.length === 0 ? 'Nothing has to end first' : `Rests on ${sentenceList(parts)}`;
  const assumes = 'if nothing else is submitted or changed';
  switch (basis.end) {
    case 'started':
      return `${rests}, ${assumes}.`;
    case 'bound':
      return `No estimate: the simulation was stopped after as many steps as it may take. ${rests}, ${assumes}.`;
    case 'nothingMore':
      return `No estimate: it does not start even when everything before it has ended, ${assumes}.`;
  }
}

function sentenceList(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}
