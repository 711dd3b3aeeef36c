/** What one benchmark measured, and whether its bars hold. */
export interface BenchReport {
  readonly name: string;
  /** Figures of this machine and run; seconds, milliseconds and counts as their names say. */
  readonly measured: Readonly<Record<string, number>>;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly what: string;
  readonly value: number;
  /** What `value` is held against, for people: `>= 0.6`. */
  readonly bar: string;
  readonly holds: boolean;
}

export function atLeast(what: string, value: number, least: number): Bar {
  return { what, value: rounded(value), bar: `>= ${least}`, holds: value >= least };
}

export function atMost(what: string, value: number, most: number): Bar {
  return { what, value: rounded(value), bar: `<= ${most}`, holds: value <= most };
}

export function below(what: string, value: number, limit: number): Bar {
  return { what, value: rounded(value), bar: `< ${limit}`, holds: value < limit };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('The median of nothing.');
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export const rounded = (value: number): number => Number(value.toPrecision(4));

/** The same figures as in the JSON, as a table for people. */
export function table({ name, measured, bars }: BenchReport): string {
  const lines = [name, ''];
  const width = Math.max(
    ...Object.keys(measured).map((key) => key.length),
    ...bars.map(({ what }) => what.length),
  );
  for (const [key, value] of Object.entries(measured))
    lines.push(`  ${key.padEnd(width)}  ${rounded(value)}`);
  lines.push('');
  for (const { what, value, bar, holds } of bars) {
    lines.push(`  ${what.padEnd(width)}  ${value}  (bar ${bar})  ${holds ? 'holds' : 'DOES NOT HOLD'}`);
  }
  return lines.join('\n');
}
