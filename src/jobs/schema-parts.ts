import { z } from 'zod';
import type { Json } from './training-request.ts';

/**
 * A schema behind a function. What modules export is frozen where workflows share them (workflow-code.ts), functions alone are
 * left as they are; and Zod goes on completing its schemas while they are used.
 */
export function unfrozen<T>(schema: T): () => T {
  return () => schema;
}

/**
 * Zod types whose error message is what is allowed, so that every problem can say it. The words end up in
 * `Allowed: …`, without a full stop.
 */
export function wholeNumber(min: number, max: number, unit = ''): z.ZodInt {
  const allowed = `a whole number ${unit === '' ? '' : `of ${unit} `}from ${min} to ${max}`;
  return z.int({ error: allowed }).min(min, { error: allowed }).max(max, { error: allowed });
}

export function amount(min: number, max: number, unit = ''): z.ZodNumber {
  const allowed = `a number ${unit === '' ? '' : `of ${unit} `}from ${min} to ${max}`;
  return z.number({ error: allowed }).min(min, { error: allowed }).max(max, { error: allowed });
}

export function text(allowed: string, bounds: { min?: number; max: number; pattern?: RegExp }): z.ZodString {
  const { min = 1, max, pattern } = bounds;
  const bounded = z.string({ error: allowed }).min(min, { error: allowed }).max(max, { error: allowed });
  return pattern === undefined ? bounded : bounded.regex(pattern, { error: allowed });
}

export function flag(): z.ZodBoolean {
  return z.boolean({ error: 'true or false' });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(
  values: Values,
  allowed = `one of ${values.join(', ')}`,
): z.ZodEnum<{ [Value in Values[number]]: Value }> {
  return z.enum(values, { error: allowed });
}

export function list<Item extends z.ZodType>(item: Item, min: number, max: number): z.ZodArray<Item> {
  const allowed = `a list of ${min} to ${max} entries`;
  return z.array(item, { error: allowed }).min(min, { error: allowed }).max(max, { error: allowed });
}

/** A mapping in which only these keys may occur. Its error for an unknown key lists the known ones. */
export function closed<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape).join(', ');
  const allowed = keys === '' ? 'an empty mapping, {}' : `a mapping with the keys ${keys}`;
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? keys : allowed),
  });
}

/** A mapping in SageMaker's words: members that are not named here pass through. */
export function open<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$catchall<z.ZodCustom<Json, Json>>> {
  const error = `a mapping with the keys ${namedKeys(shape).join(', ')}`;
  return z.object(shape, { error }).catchall(z.custom<Json>());
}

/** A member that would be valid for AWS but not here; `instead` says why, as what is allowed. */
export function refused(instead: string): z.ZodExactOptional<z.ZodNever> {
  return z.never({ error: instead }).exactOptional();
}

/** The keys that a person may write. */
export function namedKeys(shape: z.core.$ZodLooseShape): string[] {
  return Object.entries(shape).flatMap(([key, schema]) =>
    schema instanceof z.ZodExactOptional && schema.unwrap() instanceof z.ZodNever ? [] : [key],
  );
}
