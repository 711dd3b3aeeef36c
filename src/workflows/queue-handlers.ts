import { log, setHandler } from '@temporalio/workflow';
import { isTerminal } from '../jobs/status.ts';
import type { Lease } from './contract.ts';
import type { JobStory } from './job-story.ts';
import { receiveLease, receivePreempt, receiveTurnedAway, type Membership } from './membership.ts';
import { signalsFromQueue } from './messages.ts';
import type { PreemptOrder, TurnedAway } from './queue-contract.ts';

/** Registers what a queue says to its jobs. The shapes are checked: anybody can send a signal. */
export function handleQueue(story: JobStory, member: Membership, on: { enrol(): void; full(): void }): void {
  const checked =
    <T>(name: string, is: (value: unknown) => value is T, receive: (value: T) => void) =>
    (value: unknown): void => {
      if (!is(value)) log.warn(`${name} ignored: it has not the form of one`, { value });
      else if (!isTerminal(story.status)) receive(value);
    };
  setHandler(
    signalsFromQueue.lease,
    checked('lease', isLease, (lease) => receiveLease(story, member, lease)),
    { description: "Sent by the job's queue: launch on this placement." },
  );
  setHandler(
    signalsFromQueue.preempt,
    checked('preempt', isPreemptOrder, (order) => receivePreempt(story, member, order)),
    { description: "Sent by the job's queue: stop the attempt and give its lease back." },
  );
  setHandler(
    signalsFromQueue.turnedAway,
    checked('turnedAway', isTurnedAway, (away) => receiveTurnedAway(story, member, away)),
    { description: "Sent by the job's queue: it will not run the job." },
  );
  setHandler(
    signalsFromQueue.enrol,
    () => {
      if (!isTerminal(story.status)) on.enrol();
    },
    { description: "Sent by the job's queue, which does not know it: enrol." },
  );
  setHandler(
    signalsFromQueue.full,
    () => {
      if (!isTerminal(story.status)) on.full();
    },
    { description: "Sent by the job's queue, which has no room for one more: enrol later." },
  );
}

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null;
const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
const isText = (value: unknown): value is string => typeof value === 'string';

function isLease(value: unknown): value is Lease {
  if (!isObject(value) || !isNumber(value['number']) || !isObject(value['placement'])) return false;
  const { kind, instanceType, instanceCount } = value['placement'];
  return kind === 'instances' && isText(instanceType) && isNumber(instanceCount);
}

function isPreemptOrder(value: unknown): value is PreemptOrder {
  return isObject(value) && isNumber(value['lease']) && isText(value['by']) && isText(value['sentence']);
}

function isTurnedAway(value: unknown): value is TurnedAway {
  return isObject(value) && isText(value['sentence']) && CODES.includes(value['code']);
}

const CODES: readonly unknown[] = [
  'NEVER_FITS',
  'RUNNABLE_TIME_LIMIT',
  'NOT_IN_QUEUE',
] satisfies TurnedAway['code'][];
