import type { Admission, Decision, Preemption, PreemptionCause, WaitReason } from '../decision.ts';
import type { EnvironmentState } from '../job.ts';
import { areNeeded, clockTime, duration, instances, jobList } from './amounts.ts';

/**
 * Every sentence that people read about the core's decisions, with its numbers. Made in this folder and nowhere else, so that the command
 * line, the Web UI and the history say the same. Job ids and names of shares and environments are quoted as they are.
 */

/** What the share of a waiting job holds of an environment, to put before the constraint that blocks the job. */
export interface ShareInWords {
  readonly share: string;
  readonly used: number;
  readonly guaranteed: number;
  readonly borrowed: number;
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
      const usable = why.usable ?? why.free;
      const sentence = `${roomOf(why)}${notLent(why.free, usable, share)}: ${missingOf(why.needed, usable)}.`;
      return share === undefined || share.used === 0
        ? sentence
        : `${uses(share, why.environment)}, and ${sentence}`;
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
      return `${why.environment} has ${instances(why.free)} free${notLent(why.free, why.available, share)}: ${missingOf(why.needed, why.available)}.`;
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
        (why.free > 0
          ? `${why.free} of ${why.environment} ${why.free === 1 ? 'is' : 'are'} free for it, but saved up for ${why.for}, `
          : `What comes free in ${why.environment} is saved up for ${why.for}, `) +
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

type Full = Extract<WaitReason, { readonly code: 'ENVIRONMENT_FULL' }>;

function roomOf({ environment, free, limit }: Full): string {
  return free < 0
    ? `${environment} has ${limit - free} of ${instances(limit)} in use, ${-free} over the limit`
    : `${environment} has ${free} of ${instances(limit)} free`;
}

/** What others keep for themselves of what is free, or of what comes free next. */
function notLent(free: number, usable: number, share: ShareInWords | undefined): string {
  if (usable >= free) return '';
  const owners = 'guaranteed to shares that do not lend';
  if (free <= 0) return `, and the next ${free - usable} ${free - usable === 1 ? 'is' : 'are'} ${owners}`;
  const name = share?.share ?? 'its share';
  if (usable > 0) return `, but ${name} may use only ${usable} of them, for the others are ${owners}`;
  const more = usable < 0 ? `, and so ${usable === -1 ? 'is' : 'are'} the next ${-usable}` : '';
  return `, but ${name} may not use ${free === 1 ? 'it, for it is' : 'them, for they are'} ${owners}${more}`;
}

const missingOf = (needed: number, usable: number): string =>
  usable < 0 ? `${needed - usable} must come free` : areNeeded(needed - usable);

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
    `because ${by} ${causeWords[cause]}; ${loss(preemption)}.`
  );
}

/** The same as its victim is told. */
export function victimSentence(preemption: Preemption): string {
  const { for: by, cause, environment, instances: n } = preemption;
  return `It gives ${instances(n)} of ${environment} back for ${by}, because that job ${causeWords[cause]}; ${loss(preemption)}.`;
}

function loss({ lostInstanceSeconds: lost }: Preemption): string {
  return lost === 0
    ? 'no work is lost'
    : `${duration(lost)} of instance time since its last checkpoint ${lost === 1 ? 'is' : 'are'} lost`;
}

export const causeWords: Readonly<Record<PreemptionCause, string>> = {
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
