import { FakeNotifier } from '../fixtures/fake-notifier.ts';
import { describeNotifier } from './notifier.suite.ts';

describeNotifier('in-memory fake', () => {
  const notifier = new FakeNotifier();
  return Promise.resolve({
    notifier,
    makeTopic: (name) => {
      const arn = `arn:aws:sns:us-east-1:111122223333:${name}`;
      notifier.addTopic(arn);
      return Promise.resolve(arn);
    },
    arrivals: (topicArn, count) =>
      Promise.resolve(
        notifier.sent
          .filter((sent) => sent.topicArn === topicArn)
          .slice(0, count)
          .map(({ subject, text, json, attributes }) => ({ subject, text, json, attributes })),
      ),
    throttle: () => {
      notifier.failNext('ThrottledException', 'Rate exceeded', { retryable: true });
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
});
