export const OUTPUT_FORMATS = ['table', 'json', 'jsonl', 'yaml', 'name'] as const;

/** What the read verbs print: a table for people, the rest for programs; `name` is one job id per line. */
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** The formats that carry every member. */
export type DataFormat = Exclude<OutputFormat, 'table' | 'name'>;
