import { readFileSync } from 'node:fs';

interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** A shape of SageMaker's service model, as scripts/generate-sagemaker-model.py keeps it. */
export type Shape =
  | {
      readonly type: 'structure';
      readonly members: Readonly<Record<string, string>>;
      readonly required?: readonly string[];
    }
  | ({ readonly type: 'list'; readonly member: string } & Range)
  | ({ readonly type: 'map'; readonly key: string; readonly value: string } & Range)
  | ({ readonly type: 'string'; readonly pattern?: string; readonly enum?: readonly string[] } & Range)
  | ({ readonly type: 'integer' | 'long' } & Range)
  | { readonly type: 'boolean' }
  | { readonly type: 'timestamp' };

interface Model {
  readonly operations: Readonly<Record<string, string>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

const model = JSON.parse(readFileSync(new URL('./model.json', import.meta.url), 'utf8')) as Model;

export function shapeOf(name: string): Shape {
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`sagemaker/model.json has no shape ${name}`);
  return shape;
}

/** The input shape of an operation. */
export function inputOf(operation: string): Shape {
  const name = model.operations[operation];
  if (name === undefined) throw new Error(`sagemaker/model.json has no operation ${operation}`);
  return shapeOf(name);
}

const patterns = new Map<string, RegExp>();

/** A pattern of the model matches the whole text, and is written for Java. */
export function patternOf(source: string): RegExp {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^(?:${source.replaceAll('\\p{Alnum}', 'a-zA-Z0-9')})$`, 'u');
  patterns.set(source, pattern);
  return pattern;
}
