import type { MessageAttribute } from '../state.ts';
import type { Scalar } from './condition.ts';
import { isObject, isScalar } from './parse-condition.ts';
import type { Values } from './policy.ts';

/**
 * What a filter policy sees of message attributes: a Number is a number, a String.Array is its elements, Binary is
 * nothing (docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html).
 */
export function valuesOfAttributes(attributes: Readonly<Record<string, MessageAttribute>>): Values {
  return new Map(Object.entries(attributes).map(([name, attribute]) => [name, valuesOf(attribute)]));
}

function valuesOf({ type, value }: MessageAttribute): readonly Scalar[] {
  const [logicalType] = type.split('.');
  if (type === 'String.Array') return elementsOf(value);
  if (logicalType === 'Binary') return [];
  return logicalType === 'Number' ? [Number(value)] : [value];
}

function elementsOf(text: string): readonly Scalar[] {
  try {
    const array: unknown = JSON.parse(text);
    return Array.isArray(array) ? array.filter(isScalar) : [];
  } catch {
    return [];
  }
}

/**
 * The leaves of a JSON body at the given paths, arrays taken apart; undefined when it is no JSON object, which no filter
 * policy lets through. Nothing but the given paths is followed: a body may be as deep and as wide as its size allows.
 */
export function valuesOfBody(body: string, paths: ReadonlySet<string>): Values | undefined {
  let root: unknown;
  try {
    root = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isObject(root)) return undefined;
  const isOnTheWay = (path: string): boolean =>
    [...paths].some((wanted) => wanted === path || wanted.startsWith(`${path}.`));
  const values = new Map<string, Scalar[]>();
  const open: { readonly path: string; readonly value: unknown }[] = Object.entries(root).map(
    ([path, value]) => ({
      path,
      value,
    }),
  );
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path, value } = next;
    if (Array.isArray(value)) {
      for (const item of value as readonly unknown[]) open.push({ path, value: item });
    } else if (isScalar(value)) {
      const known = values.get(path);
      if (known === undefined) values.set(path, [value]);
      else known.push(value);
    } else if (isObject(value) && isOnTheWay(path)) {
      for (const [key, item] of Object.entries(value)) open.push({ path: `${path}.${key}`, value: item });
    }
  }
  return values;
}
