import { z } from 'zod';

/** What may be written for a length of time, for messages. */
export const DURATION_WORDS = 'seconds, or a duration such as 250ms, 90s, 15m, 2h, 1h30m or 7d';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const WHOLE = /^(?:\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)$/;
/** A hundred years: anything longer is a mistake, and times stay exact integers. */
const MOST_MS = 36_500 * 86_400_000;

/** Milliseconds, whole; undefined when the text is no duration. */
export function parseSpan(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  const ms = /^[\d.]+$/.test(text)
    ? Number(text) * 1000
    : [...text.matchAll(PART)].reduce(
        (sum, [, number, unit]) => sum + Number(number) * (isUnit(unit) ? UNIT_MS[unit] : 0),
        0,
      );
  return ms <= MOST_MS ? Math.round(ms) : undefined;
}

function isUnit(unit: string | undefined): unit is keyof typeof UNIT_MS {
  return unit !== undefined && Object.hasOwn(UNIT_MS, unit);
}

/** A length of time in a scenario file, as milliseconds. */
export const span = (atLeast: 0 | 1 = 0): z.ZodType<number> => {
  const error = atLeast === 0 ? DURATION_WORDS : `${DURATION_WORDS}, at least 1ms`;
  const valid = (text: string): boolean => (parseSpan(text) ?? -1) >= atLeast;
  return z
    .preprocess(
      (value) => (typeof value === 'number' ? String(value) : value),
      z.string({ error }).refine(valid, { error }),
    )
    .transform((text) => parseSpan(text) ?? 0);
};
