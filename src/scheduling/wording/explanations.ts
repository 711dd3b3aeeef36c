import type { PreemptionCause } from '../decision.ts';
import type { Consequence, Remedy } from '../explanation.ts';
import { clockTime, count, duration, instances, jobList } from './amounts.ts';
import { causeWords } from './decisions.ts';

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

/** A remedy without its sentence and what it leads to: members of each kind, kept apart. */
export type BareRemedy = Remedy extends infer R
  ? R extends Remedy
    ? Omit<R, 'sentence' | 'then'>
    : never
  : never;

const consequences: Readonly<Record<Consequence, string>> = {
  starts: 'it would start',
  preempts: 'it would preempt others and start when they have stopped',
  awaits: 'it would start when those that stop already have stopped',
};

export function remedySentence(remedy: BareRemedy, consequence: Consequence): string {
  const then = consequences[consequence];
  switch (remedy.kind) {
    case 'instances':
      return `With ${remedy.instances} more ${remedy.instances === 1 ? 'instance' : 'instances'} in ${remedy.environment} ${then}.`;
    case 'jobsEnd': {
      const expected =
        remedy.expectedAt === undefined ? '' : `, by ${clockTime(remedy.expectedAt)} at the latest`;
      // One after the other, each might let somebody else start.
      return remedy.jobs.length === 1
        ? `When ${jobList(remedy.jobs)} ends${expected}, ${then}.`
        : `When ${jobList(remedy.jobs)} have ended${expected}, and nobody else has started in between, ${then}.`;
    }
    case 'quota':
      return (
        `With ${quotaWords[remedy.which]} of ${remedy.node} in ${remedy.environment} raised by ${remedy.by}` +
        `${remedy.from === undefined ? '' : ` and that of ${remedy.from.node} lowered by ${remedy.from.by}`} ${then}.`
      );
    case 'priority':
      return `With priority ${remedy.priority} ${then}.`;
    case 'time':
      return {
        starts: `At ${clockTime(remedy.at)} it starts, if nothing else changes.`,
        preempts: `At ${clockTime(remedy.at)} it may preempt others, and starts when they have stopped.`,
        awaits: `At ${clockTime(remedy.at)} it may have what comes free, and starts when those that stop have stopped.`,
      }[consequence];
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
  | { readonly code: 'NEARER_QUOTA'; readonly share: string }
  /** The share of the job that asks may not use more. */
  | { readonly code: 'AT_LIMIT' }
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
    case 'NEARER_QUOTA':
      return `${cause.share} borrows from nearer in the tree of shares.`;
    case 'AT_LIMIT':
      return 'The share of this job is at its limit: its own jobs have to end first.';
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

/** Of a running job that is asked about in another share. */
export const staysSentence = (share: string): string => `It runs, and stays in ${share} as long as it does.`;

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
