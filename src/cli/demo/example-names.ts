/** The examples that `trainyard dev --examples` can play: examples/jobs, and the brief's figures (examples/figures). */
export const EXAMPLE_NAMES = ['jobs', 'figure-1', 'figure-2', 'tutorial'] as const;
export type ExampleName = (typeof EXAMPLE_NAMES)[number];

/** What `npm start` plays: a job for each thing that can happen, and a queue. */
export const DEFAULT_EXAMPLES: readonly ExampleName[] = ['jobs', 'figure-1'];
