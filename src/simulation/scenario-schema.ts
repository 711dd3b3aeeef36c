import { z } from 'zod';
import { closed, list, text, wholeNumber } from '../jobs/schema-parts.ts';
import { span } from './duration.ts';
import { length, weightedName, weightedNumber } from './sampling.ts';
import { MOST_JOBS } from './scenario.ts';

/*
 * What a user writes (docs/simulate.md). The queue inside is checked by queues/queue-schema.ts, as a queue file is.
 */

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}$/;
const shareWords = '1-255 letters, digits, hyphens and underscores';
const shareName = (): z.ZodString => text(shareWords, { max: 255, pattern: NAME });
const userName = (): z.ZodString =>
  text('1-128 characters, no control characters', { max: 128, pattern: /^[^\p{C}]+$/u });
const environments = () =>
  list(text('the name of a service environment of the queue', { max: 128 }), 1, 20).exactOptional();
const instances = (): z.ZodInt => wholeNumber(1, 100_000, 'instances');
const priority = (): z.ZodInt => wholeNumber(0, 9999);
const count = (): z.ZodInt => wholeNumber(1, MOST_JOBS, 'jobs');

const listedJob = closed({
  id: text('1-50 letters, digits and hyphens', { max: 50, pattern: /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,49}$/ })
    .exactOptional()
    .describe('(Default: job-1, job-2, ...)'),
  share: shareName().exactOptional(),
  priority: priority().default(0),
  user: userName().exactOptional(),
  instances: instances().default(1),
  environments: environments().describe('Acceptable ones, best first. (Default: the first of the queue)'),
  options: list(closed({ environment: text('a name', { max: 128 }), instances: instances() }), 1, 20)
    .exactOptional()
    .describe('Instead of instances and environments, when their number differs.'),
  arrives: span().prefault(0),
  runs: span(1),
  limit: span(1).exactOptional().describe('Most time of one attempt, after which the job ends.'),
  checkpoint: span(1).exactOptional(),
  count: count().default(1).describe('So many such jobs, ...'),
  every: span().prefault(0).describe('... one after the other at this distance.'),
});

const generator = closed({
  name: text('1-40 letters, digits and hyphens', { max: 40, pattern: /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,39}$/ })
    .default('job')
    .describe('Ids are <name>-1, <name>-2, ...'),
  jobs: count(),
  start: span().prefault(0).describe('When the first one may arrive.'),
  arrivals: z
    .union(
      [
        closed({ every: span() }),
        closed({
          perHour: z
            .number({ error: 'a number above 0' })
            .positive({ error: 'a number above 0' })
            .max(1e9, { error: 'at most 1000000000' })
            .describe('Poisson arrivals of so many bursts.'),
          burst: weightedNumber(1, 100_000).exactOptional().describe('Jobs that arrive together.'),
        }),
      ],
      {
        error: 'a mapping { every: 10s }, or { perHour: 30 }, or { perHour: 3, burst: [[1, 80], [50, 20]] }',
      },
    )
    .prefault({ every: 0 }),
  share: weightedName(NAME, shareWords).exactOptional(),
  priority: weightedNumber(0, 9999).prefault(0),
  users: list(userName(), 1, 1000).exactOptional(),
  instances: weightedNumber(1, 100_000).prefault(1),
  environments: environments(),
  runs: length(),
  limit: span(1).exactOptional(),
  checkpoint: span(1).exactOptional(),
});

const load = closed({
  jobs: list(listedJob, 1, 5_000).exactOptional(),
  generators: list(generator, 1, 100).exactOptional(),
  trace: text('the path of a CSV file, relative to the scenario file', { max: 1_000 }).exactOptional(),
});

const capacityChange = closed({
  at: span(),
  environment: text('the name of a service environment of the queue', { max: 128 }),
  limit: wholeNumber(0, 100_000, 'instances').exactOptional().describe('From then on.'),
  outage: span(1).exactOptional().describe('For so long nothing new starts; what runs goes on.'),
});

const anything = z.custom<unknown>(() => true);

/** A policy to compare: what it has takes the place of the same keys of the queue. */
const comparedPolicy = closed({
  name: text('1-40 letters, digits, blanks, hyphens and underscores', {
    max: 40,
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9 _-]*$/,
  }),
  fifo: anything.exactOptional(),
  fairShare: anything.exactOptional(),
  quotaShare: anything.exactOptional(),
  reservation: anything.exactOptional(),
  preemption: anything.exactOptional(),
});

export const scenarioSchema = closed({
  name: text('1-60 characters', { max: 60, pattern: /^[^\p{C}]+$/u }).exactOptional(),
  about: text('one line of 1-200 characters', { max: 200, pattern: /^[^\p{C}]+$/u }).exactOptional(),
  seed: wholeNumber(0, 2 ** 32 - 1).default(1),
  // That it is there is checked with what it holds.
  queue: anything.exactOptional().describe('As in a queue file.'),
  compare: list(comparedPolicy, 1, 10).exactOptional().describe('Other policies for the same load.'),
  load,
  capacity: list(capacityChange, 0, 1_000).default([]).describe('What happens to the capacity.'),
  preemption: closed({
    stop: span().prefault('2m').describe('How long a preempted job keeps its instances.'),
    checkpoint: span(1).exactOptional().describe('For jobs that do not say it themselves.'),
  }).prefault({}),
});

export type WrittenScenario = z.output<typeof scenarioSchema>;
export type WrittenJob = z.output<typeof listedJob>;
export type WrittenGenerator = z.output<typeof generator>;
export type WrittenChange = z.output<typeof capacityChange>;
