import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotifierError, type Notification, type Notifier } from '../../src/ports/notifier.ts';

/** What arrived, whatever it arrived as. */
export interface Arrival {
  readonly subject: string;
  /** What people read. */
  readonly text: string;
  /** What programs read. */
  readonly json: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface NotifierWorld {
  readonly notifier: Notifier;
  /** Makes a topic and returns its ARN. */
  makeTopic(name: string): Promise<string>;
  /** The first `count` messages that arrived at the topic. */
  arrivals(topicArn: string, count: number): Promise<readonly Arrival[]>;
  /** The next publication is throttled on every try of the client. */
  throttle(): Promise<void>;
  close(): Promise<void>;
}

export function aNotification(topicArn: string, changes: Partial<Notification> = {}): Notification {
  return {
    topicArn,
    id: 'rank-lr/0d1f/SUCCEEDED',
    jobId: 'rank-lr',
    subject: 'Trainyard: rank-lr SUCCEEDED',
    text: 'Job rank-lr SUCCEEDED.\n\nThe model is at s3://models/out.',
    json: '{"jobId":"rank-lr","status":"SUCCEEDED"}',
    attributes: { event: 'SUCCEEDED', user: 'ana@example.com' },
    ...changes,
  };
}

async function errorOf(call: Promise<unknown>): Promise<NotifierError> {
  const outcome = await call.then(
    (value) => `resolved with ${JSON.stringify(value)}`,
    (error: unknown) => error,
  );
  if (outcome instanceof NotifierError) return outcome;
  throw new Error(`expected a NotifierError, got ${String(outcome)}`);
}

/** What every Notifier must do, whatever is behind it. */
export function describeNotifier(name: string, open: () => Promise<NotifierWorld>): void {
  describe(`notifier: ${name}`, () => {
    let world: NotifierWorld;

    beforeAll(async () => {
      world = await open();
    });
    afterAll(async () => {
      await world.close();
    });

    it('delivers the text to people and the JSON to programs, with the attributes', async () => {
      const topicArn = await world.makeTopic('trainings');
      const sent = aNotification(topicArn);
      const { messageId } = await world.notifier.publish(sent);
      expect(messageId).not.toBe('');
      const [arrival] = await world.arrivals(topicArn, 1);
      expect(arrival).toEqual({
        subject: sent.subject,
        text: sent.text,
        json: sent.json,
        attributes: sent.attributes,
      });
    });

    it('delivers text in any language, and long text', async () => {
      const topicArn = await world.makeTopic('languages');
      const text = `Größe ≥ 3 · 訓練 🚂 ${'x'.repeat(20_000)}`;
      await world.notifier.publish(aNotification(topicArn, { text }));
      expect((await world.arrivals(topicArn, 1))[0]?.text).toBe(text);
    });

    it('gives each message an id of its own', async () => {
      const topicArn = await world.makeTopic('twice');
      const first = await world.notifier.publish(aNotification(topicArn));
      const second = await world.notifier.publish(aNotification(topicArn, { id: 'rank-lr/0d1f/STARTED' }));
      expect(first.messageId).not.toBe(second.messageId);
    });

    it('fails for good on a topic that does not exist', async () => {
      const somewhere = await world.makeTopic('somewhere');
      const error = await errorOf(world.notifier.publish(aNotification(`${somewhere}-else`)));
      expect(error).toMatchObject({
        errorName: 'NotFoundException',
        message: 'Topic does not exist',
        retryable: false,
      });
    });

    it('fails retryably when it is throttled, and gets through afterwards', async () => {
      const topicArn = await world.makeTopic('busy');
      await world.throttle();
      const error = await errorOf(world.notifier.publish(aNotification(topicArn)));
      expect(error.retryable).toBe(true);
      await world.notifier.publish(aNotification(topicArn));
      expect(await world.arrivals(topicArn, 1)).toHaveLength(1);
    });
  });
}
