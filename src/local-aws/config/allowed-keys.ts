import { z } from 'zod';
import { configSchema } from './schema.ts';

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** The keys that the config may have at `path`; of all variants, where there are several. */
export function allowedKeys(path: readonly PropertyKey[]): readonly string[] {
  const root = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  let schemas = variants(root);
  for (const step of path) schemas = schemas.flatMap((schema) => childrenOf(schema, step)).flatMap(variants);
  return [...new Set(schemas.flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

function childrenOf(schema: JsonSchema, step: PropertyKey): readonly JsonSchema[] {
  if (typeof step === 'number') return schema.items === undefined ? [] : [schema.items];
  const named = schema.properties?.[String(step)];
  if (named !== undefined) return [named];
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
}

function variants(schema: JsonSchema): readonly JsonSchema[] {
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return alternatives.length === 0 ? [schema] : alternatives.flatMap(variants);
}
