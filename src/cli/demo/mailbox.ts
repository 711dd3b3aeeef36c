import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTopicCommand, SubscribeCommand, type SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { TERMINAL_STATUSES } from '../../jobs/status.ts';
import type { NoticeEvidence } from './evidence.ts';

/** The topic that the example jobs name, and who hears of it. */
const TOPIC = 'trainyard-examples';
const READER = 'ana@example.com';

/** How long a message may be on its way after its job has ended. */
const DELIVERY_MS = 10_000;

export interface Mailbox {
  /** The messages that have arrived about these jobs, by job id. Waits a moment for jobs that have none yet. */
  notices(jobIds: readonly string[]): Promise<ReadonlyMap<string, readonly NoticeEvidence[]>>;
}

/** Makes the topic and subscribes the endpoint's mailbox file, which stands in for e-mail. Both may exist already. */
export async function openMailbox(sns: SNSClient, awsDir: string): Promise<Mailbox> {
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: TOPIC }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: READER }));
  const file = join(awsDir, 'sns', 'mailbox.jsonl');
  return {
    async notices(jobIds) {
      const deadline = Date.now() + DELIVERY_MS;
      for (;;) {
        const notices = byJob(await readMails(file));
        if (jobIds.every((jobId) => notices.has(jobId)) || Date.now() > deadline) return notices;
        await sleep(200);
      }
    },
  };
}

const mail = z.object({ subject: z.string(), messageId: z.string() });

/** One JSON object a line; there is no file before the first mail. A line that is being written is left for later. */
async function readMails(file: string): Promise<readonly z.infer<typeof mail>[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => mail.parse(JSON.parse(line)));
}

/** By the subject, as a person would sort them: `Trainyard: rank-lr-3 SUCCEEDED`. A second copy of a mail is dropped. */
export function byJob(
  mails: readonly z.infer<typeof mail>[],
): ReadonlyMap<string, readonly NoticeEvidence[]> {
  const notices = new Map<string, NoticeEvidence[]>();
  for (const { subject, messageId } of mails) {
    const [, jobId, word] = /^Trainyard: (\S+) (\S+)$/.exec(subject) ?? [];
    const event = TERMINAL_STATUSES.find((status) => status === word);
    if (jobId === undefined || event === undefined) continue;
    const earlier = notices.get(jobId) ?? [];
    if (earlier.every((notice) => notice.messageId !== messageId)) {
      notices.set(jobId, [...earlier, { messageId, event }]);
    }
  }
  return notices;
}
