import { z } from 'zod';
import type { Path, Problem } from './job-problem.ts';
import { nearest } from './nearest.ts';
import { namedKeys } from './schema-parts.ts';
import { unknownKey } from './schema-problems.ts';
import type { Json } from './training-request.ts';
import { OTHER_TRAINING_MEMBERS, trainingSchema } from './training-schema.ts';

/**
 * Members that are not known: an error where one is a letter or two from a known one (the SDK would drop it without a
 * word), a warning otherwise, and nothing inside the sections, where this table knows only some.
 */
export function strayMembers(training: Json | undefined): Problem[] {
  return strayIn(training, trainingSchema(), TRAINING);
}

const TRAINING = ['training'];

function strayIn(value: Json | undefined, schema: z.core.$ZodType, path: Path): Problem[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, index) =>
      strayIn(item, inner.element, [...path, index]),
    );
  }
  if (!(inner instanceof z.ZodObject) || typeof value !== 'object' || value === null || Array.isArray(value))
    return [];
  const shape: Readonly<Record<string, z.core.$ZodType>> = inner.shape;
  const top = path.length === TRAINING.length;
  const known = [...namedKeys(shape), ...(top ? OTHER_TRAINING_MEMBERS : [])];
  return Object.entries(value).flatMap(([key, member]) => {
    const place = [...path, key];
    const memberSchema = shape[key];
    if (memberSchema !== undefined) return strayIn(member, memberSchema, place);
    if (known.includes(key)) return [];
    if (nearest(key, known, 2) !== undefined) return [unknownKey(place, known)];
    return top ? [passedOn(place)] : [];
  });
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodExactOptional ? unwrapped(schema.unwrap()) : schema;
}

function passedOn(path: Path): Problem {
  const what = 'is not a member of CreateTrainingJob that this version knows; it is passed on as it is';
  return { severity: 'warning', code: 'JOB_KEY_UNKNOWN', path, what };
}
