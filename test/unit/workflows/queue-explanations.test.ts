import { describe, expect, it } from 'vitest';
import { optionsOf } from '../../../src/queues/ticket.ts';
import { explainJob } from '../../../src/workflows/queue-explanations.ts';
import { QueueStory } from '../../../src/workflows/queue-story.ts';
import { P4D } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';

const NOW = 1_700_000_000_000;

/** A paused queue with room for so many jobs of one instance, and three that wait. */
function paused(limit: number, held: readonly string[] = []): QueueStory {
  const story = new QueueStory(aQueue('q', { limit }));
  const options = optionsOf([P4D], story.spec);
  for (const id of ['a', 'b', 'c']) {
    const profile = { placements: [P4D] };
    const isHeld = held.includes(id);
    story.add({ id, profile, share: 'default', options, priority: 0, queuedAt: NOW, held: isHeld }, NOW);
  }
  story.pause(true, NOW);
  return story;
}

const explained = (story: QueueStory, jobId: string) => {
  const explanation = explainJob(story, { jobId, estimate: false }, NOW);
  if (explanation === undefined) throw new Error(`${jobId} is not there.`);
  return explanation;
};

describe('why a job waits in a paused queue', () => {
  it('says that it starts once the queue is resumed, if it does', () => {
    expect(explained(paused(1), 'a')).toMatchObject({
      aside: 'PAUSED',
      sentence: 'The queue is paused: nothing starts until it is resumed. Nothing else blocks it.',
      remedies: [{ what: 'resume', then: 'starts' }],
    });
    expect(explained(paused(2), 'b').sentence).toMatch(
      /resumed\. Then a would start, and so would this job\.$/,
    );
  });

  it('names those that would start first as what they are, and promises no start', () => {
    const explanation = explained(paused(2), 'c');
    expect(explanation).toMatchObject({ aside: 'PAUSED', startFirst: ['a', 'b'], aheadCount: 2 });
    expect(explanation.sentence).toMatch(
      /Then a and b would start first; after that: .*: 1 more is needed\.$/,
    );
    expect(explanation.ahead.map(({ id, state }) => [id, state])).toEqual([
      ['a', 'waiting'],
      ['b', 'waiting'],
    ]);
    expect(explanation.remedies).toMatchObject([{ what: 'resume' }]);
    expect(explanation.remedies[0]).not.toHaveProperty('then');
  });

  it('and is held as well, says both', () => {
    const explanation = explained(paused(1, ['a']), 'a');
    expect(explanation.sentence).toMatch(/^The queue is paused: .* It is held: /);
    expect(explanation.remedies).toMatchObject([{ what: 'resume' }, { what: 'release' }]);
  });
});
