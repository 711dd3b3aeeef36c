import { z } from 'zod';
import { amount, closed, list } from '../jobs/schema-parts.ts';
import { DURATION_WORDS, span } from './duration.ts';
import type { Random } from './random.ts';

/*
 * What a generator draws from: lengths of time with a distribution, and values with weights.
 */

const simpleForms = {
  uniform: z.tuple([span(1), span(1)], { error: 'two durations, such as [10m, 2h]' }),
  logUniform: z.tuple([span(1), span(1)], { error: 'two durations, such as [10m, 2h]' }),
  exponential: closed({ mean: span(1) }),
  logNormal: closed({ median: span(1), sigma: amount(0, 10) }),
};

const LENGTH_WORDS = `${DURATION_WORDS}; or one of ${Object.keys(simpleForms).join(', ')}, mixture`;
const oneForm = (): z.ZodType<SimpleLength> =>
  z.union(
    [
      span(1),
      closed({ uniform: simpleForms.uniform }),
      closed({ logUniform: simpleForms.logUniform }),
      closed({ exponential: simpleForms.exponential }),
      closed({ logNormal: simpleForms.logNormal }),
    ],
    { error: LENGTH_WORDS },
  );

type SimpleLength =
  | number
  | { readonly uniform: readonly [number, number] }
  | { readonly logUniform: readonly [number, number] }
  | { readonly exponential: { readonly mean: number } }
  | { readonly logNormal: { readonly median: number; readonly sigma: number } };

/** A length of time to draw, in milliseconds: fixed, or one of these distributions. */
export type Length =
  SimpleLength | { readonly mixture: readonly { readonly weight: number; readonly runs: SimpleLength }[] };

export const length = (): z.ZodType<Length> =>
  z.union(
    [
      oneForm(),
      closed({ mixture: list(closed({ weight: amount(0.000_001, 1e9), runs: oneForm() }), 1, 50) }),
    ],
    { error: LENGTH_WORDS },
  );

/** Whole milliseconds, at least 1. */
export function drawLength(length: Length, random: Random): number {
  return Math.max(1, Math.round(draw(length, random)));
}

function draw(length: Length, random: Random): number {
  if (typeof length === 'number') return length;
  if ('mixture' in length) {
    return draw(random.weighted(length.mixture.map(({ weight, runs }) => [runs, weight])), random);
  }
  if ('uniform' in length) return random.uniform(...length.uniform);
  if ('logUniform' in length) return random.logUniform(...length.logUniform);
  if ('exponential' in length) return random.exponential(length.exponential.mean);
  return random.logNormal(length.logNormal.median, length.logNormal.sigma);
}

/** Values with weights. */
export type Weighted<Value> = readonly (readonly [Value, number])[];

const MOST_CHOICES = 200;
const weight = (): z.ZodNumber => amount(0, 1e9);
const someWeight = 'at least one weight above 0';

/** `3`, or pairs of value and weight: `[[1, 70], [4, 30]]`. YAML's keys are text, so that a mapping would need quotes. */
export const weightedNumber = (min: number, max: number): z.ZodType<Weighted<number>> => {
  const words = `a whole number from ${min} to ${max}, or pairs of number and weight, such as [[${min}, 80], [${min + 1}, 20]]`;
  const value = (): z.ZodInt => z.int({ error: words }).min(min, { error: words }).max(max, { error: words });
  const pairs = list(z.tuple([value(), weight()], { error: words }), 1, MOST_CHOICES).refine(
    (all) => all.some(([, one]) => one > 0),
    { error: someWeight },
  );
  return z
    .union([value(), pairs], { error: words })
    .transform((written): Weighted<number> => (typeof written === 'number' ? [[written, 1]] : written));
};

/** `prod`, or a mapping from names to weights: `{ prod: 3, lab: 1 }`. */
export const weightedName = (pattern: RegExp, what: string): z.ZodType<Weighted<string>> => {
  const words = `${what}, or a mapping from such names to weights`;
  const name = z.string({ error: words }).regex(pattern, { error: words });
  const mapping = z
    .record(name, weight(), { error: words })
    .refine((all) => Object.values(all).some((one) => one > 0), { error: someWeight });
  return z
    .union([name, mapping], { error: words })
    .transform((written): Weighted<string> =>
      typeof written === 'string' ? [[written, 1]] : Object.entries(written),
    );
};
