import { describe, expect, it } from 'vitest';
import { asciiSubject, snsNotifier } from '../../../src/aws/sns-notifier.ts';
import { type Notification, NotifierError } from '../../../src/ports/notifier.ts';
import { type CannedAnswer, CannedAnswers } from './canned-answers.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:trainings';
const PUBLISHED: CannedAnswer = {
  body:
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId>' +
    '</PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>',
};

const refusal = (code: string, status: number): CannedAnswer => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>because</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
});

function notification(changes: Partial<Notification> = {}): Notification {
  return {
    topicArn: TOPIC,
    id: 'rank-lr/0d1f/SUCCEEDED',
    jobId: 'rank-lr',
    subject: 'Trainyard: rank-lr SUCCEEDED',
    text: 'Job rank-lr SUCCEEDED.',
    json: '{"jobId":"rank-lr"}',
    attributes: { event: 'SUCCEEDED', user: '' },
    ...changes,
  };
}

async function sentBy(changes: Partial<Notification>): Promise<{ host: string; form: URLSearchParams }> {
  const sns = new CannedAnswers(PUBLISHED);
  expect(await snsNotifier(sns).publish(notification(changes))).toEqual({ messageId: 'm-1' });
  const [request] = sns.sent;
  return { host: request?.host ?? '', form: new URLSearchParams(request?.body) };
}

describe('the SNS notifier', () => {
  it('sends people the text and programs the JSON', async () => {
    const { form } = await sentBy({});
    expect(form.get('MessageStructure')).toBe('json');
    expect(JSON.parse(form.get('Message') ?? '')).toEqual({
      default: 'Job rank-lr SUCCEEDED.',
      http: '{"jobId":"rank-lr"}',
      https: '{"jobId":"rank-lr"}',
      sqs: '{"jobId":"rank-lr"}',
      lambda: '{"jobId":"rank-lr"}',
      firehose: '{"jobId":"rank-lr"}',
    });
  });

  it('sends attributes that have a value, since SNS refuses others', async () => {
    const { form } = await sentBy({});
    const names = [...form]
      .filter(([key]) => /^MessageAttributes\.entry\.\d+\.Name$/.test(key))
      .map(([, name]) => name);
    expect(names).toEqual(['event']);
  });

  it('asks SNS in the region of the topic', async () => {
    expect((await sentBy({})).host).toBe('sns.eu-west-1.amazonaws.com');
  });

  it('tells FIFO topics the job for order and the id for repetitions, and no other topic', async () => {
    const standard = (await sentBy({})).form;
    expect([standard.has('MessageGroupId'), standard.has('MessageDeduplicationId')]).toEqual([false, false]);
    const fifo = (await sentBy({ topicArn: `${TOPIC}.fifo` })).form;
    expect([fifo.get('MessageGroupId'), fifo.get('MessageDeduplicationId')]).toEqual([
      'rank-lr',
      'rank-lr/0d1f/SUCCEEDED',
    ]);
  });

  it('shortens an id that is too long for SNS, the same way each time', async () => {
    const id = 'x'.repeat(200);
    const [one, two] = [
      await sentBy({ topicArn: `${TOPIC}.fifo`, id }),
      await sentBy({ topicArn: `${TOPIC}.fifo`, id }),
    ];
    expect(one.form.get('MessageDeduplicationId')).toMatch(/^[0-9a-f]{64}$/);
    expect(two.form.get('MessageDeduplicationId')).toBe(one.form.get('MessageDeduplicationId'));
  });

  const subjects: Record<string, string> = {
    'Trainyard: rank-lr SUCCEEDED': 'Trainyard: rank-lr SUCCEEDED',
    'Köln für José, groß': 'Koln fur Jose, gro?',
    'two\r\nlines\tand a bell\u0007': 'two lines and a bell',
    ' padded ': 'padded',
    '訓練 done': '?? done',
    '': 'Trainyard',
    ['x'.repeat(99)]: 'x'.repeat(99),
    ['x'.repeat(150)]: `${'x'.repeat(96)}...`,
  };
  for (const [subject, want] of Object.entries(subjects)) {
    it(`makes an ASCII subject of ${JSON.stringify(subject)}`, () => {
      expect(asciiSubject(subject)).toBe(want);
    });
  }

  const errors: Record<string, { answer: CannedAnswer | Error; want: Partial<NotifierError> }> = {
    'a topic that does not exist is final': {
      answer: refusal('NotFound', 404),
      want: { errorName: 'NotFoundException', message: 'because', retryable: false },
    },
    'a message that SNS refuses is final': {
      answer: refusal('InvalidParameter', 400),
      want: { errorName: 'InvalidParameterException', retryable: false },
    },
    'missing permission is final': {
      answer: refusal('AuthorizationError', 403),
      want: { errorName: 'AuthorizationErrorException', retryable: false },
    },
    'a disabled key is final': {
      answer: refusal('KMSDisabled', 400),
      want: { errorName: 'KMSDisabledException', retryable: false },
    },
    'throttling passes': {
      answer: refusal('Throttled', 429),
      want: { errorName: 'ThrottledException', retryable: true },
    },
    'throttling of the key passes': {
      answer: refusal('KMSThrottling', 400),
      want: { errorName: 'KMSThrottlingException', retryable: true },
    },
    'an internal error passes': {
      answer: refusal('InternalError', 500),
      want: { errorName: 'InternalErrorException', retryable: true },
    },
    'expired credentials pass': {
      answer: refusal('ExpiredToken', 403),
      want: { errorName: 'ExpiredToken', retryable: true },
    },
    'a lost connection passes': {
      answer: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
      want: { errorName: 'ECONNRESET', message: 'socket hang up', retryable: true },
    },
  };
  for (const [name, { answer, want }] of Object.entries(errors)) {
    it(name, async () => {
      const error: unknown = await snsNotifier(new CannedAnswers(answer))
        .publish(notification())
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(NotifierError);
      expect(error).toMatchObject(want);
    });
  }

  it('refuses what is no topic without asking', async () => {
    const sns = new CannedAnswers();
    await expect(snsNotifier(sns).publish(notification({ topicArn: 'trainings' }))).rejects.toMatchObject({
      retryable: false,
      message: '"trainings" is not the ARN of an SNS topic.',
    });
    expect(sns.sent).toEqual([]);
  });
});
