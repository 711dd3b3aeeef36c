import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mapParams, SnsCaller, TOPIC } from './sns-caller.ts';

describe('what SNS has been told', () => {
  let sns: SnsCaller;
  beforeEach(async () => {
    sns = await SnsCaller.open({ retryDelaysMs: [60_000] });
  });
  afterEach(async () => {
    await sns.close();
  });

  it('is known after a restart: topics, tags, subscriptions and their attributes', async () => {
    const arn = await sns.withMailTopic({ FilterPolicy: '{"status":["FAILED"]}' });
    await sns.do('TagResource', {
      ResourceArn: TOPIC,
      'Tags.member.1.Key': 'team',
      'Tags.member.1.Value': 'search',
    });
    const hook = await sns.do('Subscribe', {
      TopicArn: TOPIC,
      Protocol: 'http',
      Endpoint: 'http://127.0.0.1:9/',
      ReturnSubscriptionArn: 'true',
    });
    const everything = async (): Promise<unknown[]> => [
      (await sns.do('ListTopics')).all('TopicArn'),
      (await sns.do('ListTagsForResource', { ResourceArn: TOPIC })).all('Value'),
      (await sns.do('ListSubscriptions')).all('SubscriptionArn').toSorted(),
      (await sns.do('GetSubscriptionAttributes', { SubscriptionArn: arn })).all('value'),
      (
        await sns.do('GetSubscriptionAttributes', { SubscriptionArn: hook.all('SubscriptionArn')[0] ?? '' })
      ).all('value'),
    ];
    const before = await everything();
    await sns.restart();
    expect(await everything()).toEqual(before);
  });

  it('stays deleted', async () => {
    const arn = await sns.withMailTopic();
    await sns.do('CreateTopic', { Name: 'other', ...mapParams('Attributes', {}) });
    await sns.do('Unsubscribe', { SubscriptionArn: arn });
    await sns.do('DeleteTopic', { TopicArn: TOPIC.replace('trainings', 'other') });
    await sns.restart();
    expect((await sns.do('ListTopics')).all('TopicArn')).toEqual([TOPIC]);
    expect((await sns.do('ListSubscriptions')).all('SubscriptionArn')).toEqual([]);
  });

  it('is delivered after a restart, if it could not be before', async () => {
    await sns.withMailTopic();
    // A directory in the place of the mailbox: nothing can be delivered.
    const obstacle = join(sns.dataDir, 'sns', 'mailbox.jsonl');
    await mkdir(obstacle);
    const published = await sns.do('Publish', { TopicArn: TOPIC, Message: 'patience' });
    await sns.restart();
    await sns.do('ListTopics');
    await rm(obstacle, { recursive: true });
    await sns.restart();
    await vi.waitFor(async () => {
      const mails = await sns.mails();
      expect(mails.map(({ messageId, text }) => [messageId, text])).toEqual([
        [published.all('MessageId')[0], 'patience'],
      ]);
    });
  });

  it('is not delivered again when it was', async () => {
    await sns.withMailTopic();
    await sns.do('Publish', { TopicArn: TOPIC, Message: 'once' });
    await vi.waitFor(async () => expect(await sns.mails()).toHaveLength(1));
    await sns.restart();
    await sns.do('Publish', { TopicArn: TOPIC, Message: 'twice' });
    await vi.waitFor(async () =>
      expect((await sns.mails()).map(({ text }) => text)).toEqual(['once', 'twice']),
    );
  });

  it('survives an end without goodbye as soon as it has been answered', async () => {
    await sns.withMailTopic();
    // Nothing can be delivered: a directory is in the place of the mailbox.
    await mkdir(join(sns.dataDir, 'sns', 'mailbox.jsonl'));
    const published = await sns.do('Publish', { TopicArn: TOPIC, Message: 'patience' });
    // What kill -9 leaves behind is what is on disk at that moment.
    const survivor = await SnsCaller.open({}, sns.dataDir);
    await rm(join(survivor.dataDir, 'sns', 'mailbox.jsonl'), { recursive: true });
    await survivor.restart();
    await vi.waitFor(async () => {
      expect((await survivor.mails()).map(({ messageId }) => messageId)).toEqual(published.all('MessageId'));
    });
    await survivor.close();
  });

  it('is refused when it cannot be kept', async () => {
    const blocked = await SnsCaller.open({ dataDir: '/dev/null' });
    const answer = await blocked.ask('CreateTopic', { Name: 'trainings' });
    expect([answer.status, answer.error]).toEqual([500, expect.stringContaining('InternalFailure')]);
    expect(blocked.log[0]).toMatch(/^sns: /);
    await blocked.close();
  });
});
