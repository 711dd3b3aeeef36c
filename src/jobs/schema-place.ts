import { z } from 'zod';
import type { Path } from './job-problem.ts';
import { jobSchema } from './job-schema.ts';

/** What the schema of a job file wants at a path, as far as `--set` treats it in its own way. */
export function wantedAt(path: Path): 'text' | 'list' | 'other' {
  const schema = path.reduce<z.core.$ZodType | undefined>(
    (around, part) => (around === undefined ? undefined : memberOf(around, part)),
    jobSchema(),
  );
  const bare = schema === undefined ? undefined : unwrapped(schema);
  if (bare instanceof z.ZodString) return 'text';
  return bare instanceof z.ZodArray ? 'list' : 'other';
}

function memberOf(schema: z.core.$ZodType, part: string | number): z.core.$ZodType | undefined {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = bare.shape;
    return Object.hasOwn(shape, part) ? shape[part] : undefined;
  }
  if (bare instanceof z.ZodRecord) return bare.valueType;
  return bare instanceof z.ZodArray && typeof part === 'number' ? bare.element : undefined;
}

/** Without the wrappers that say what happens when the member is absent. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
    ? unwrapped(schema.unwrap())
    : schema;
}
