import { validationError } from '../wire/aws-error.ts';
import { patternOf, type Shape, shapeOf } from './model.ts';

/** Values longer than this are cut in messages; AWS repeats them whole. */
const MAX_VALUE_IN_MESSAGE = 2_000;

/** Throws one ValidationException that lists every violated constraint of the model, in AWS's form. */
export function checkConstraints(shape: Shape, value: unknown): void {
  const violations = [...violationsOf(shape, value, '')];
  if (violations.length === 0) return;
  throw constraintError(violations);
}

/** `1 validation error detected: Value 'x' at 'y' failed to satisfy constraint: ...`. */
export function constraintError(violations: readonly string[]): Error {
  const count = violations.length;
  return validationError(
    `${count} validation error${count === 1 ? '' : 's'} detected: ${violations.join('; ')}`,
  );
}

export function violation(value: unknown, path: string, constraint: string): string {
  const shown = value === null || value === undefined ? 'null' : `'${cut(javaString(value))}'`;
  return `Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`;
}

function* violationsOf(shape: Shape, value: unknown, path: string): Generator<string> {
  if (value === null) {
    yield violation(null, path, 'Member must not be null');
    return;
  }
  for (const constraint of brokenConstraints(shape, value)) yield violation(value, path, constraint);
  switch (shape.type) {
    case 'structure': {
      const object = value as Readonly<Record<string, unknown>>;
      for (const [name, member] of Object.entries(shape.members)) {
        const memberPath = `${path === '' ? '' : `${path}.`}${lowerFirst(name)}`;
        if (object[name] !== undefined) yield* violationsOf(shapeOf(member), object[name], memberPath);
        else if (shape.required?.includes(name) === true)
          yield violation(null, memberPath, 'Member must not be null');
      }
      return;
    }
    case 'list':
      for (const [index, item] of (value as readonly unknown[]).entries()) {
        yield* violationsOf(shapeOf(shape.member), item, `${path}.${index + 1}.member`);
      }
      return;
    case 'map': {
      // SageMaker names the map and lists all constraints of its keys or values, whichever of them was broken.
      const entries = Object.entries(value as Readonly<Record<string, unknown>>);
      const [keyShape, valueShape] = [shapeOf(shape.key), shapeOf(shape.value)];
      if (entries.some(([key]) => brokenConstraints(keyShape, key).length > 0)) {
        yield violation(
          value,
          path,
          `Map keys must satisfy constraint: [${constraintsOf(keyShape).join(', ')}]`,
        );
      }
      if (entries.some(([, item]) => item === null || brokenConstraints(valueShape, item).length > 0)) {
        yield violation(
          value,
          path,
          `Map value must satisfy constraint: [${constraintsOf(valueShape).join(', ')}]`,
        );
      }
      return;
    }
    case 'string':
    case 'integer':
    case 'long':
    case 'boolean':
    case 'timestamp':
      return;
  }
}

const patternText = (pattern: string): string => `Member must satisfy regular expression pattern: ${pattern}`;
const enumText = (values: readonly string[]): string =>
  `Member must satisfy enum value set: [${values.join(', ')}]`;
const atMost = (what: 'length' | 'value', max: number): string =>
  `Member must have ${what} less than or equal to ${max}`;
const atLeast = (what: 'length' | 'value', min: number): string =>
  `Member must have ${what} greater than or equal to ${min}`;

function brokenConstraints(shape: Shape, value: unknown): readonly string[] {
  switch (shape.type) {
    case 'string': {
      const text = value as string;
      const broken = outOfRange(shape, text.length, 'length');
      // Texts far beyond the limit are not worth a regular expression.
      const tooLong = shape.max !== undefined && text.length > 2 * shape.max;
      if (shape.pattern !== undefined && (tooLong || !patternOf(shape.pattern).test(text))) {
        broken.unshift(patternText(shape.pattern));
      }
      if (shape.enum !== undefined && !shape.enum.includes(text)) broken.push(enumText(shape.enum));
      return broken;
    }
    case 'integer':
    case 'long':
      return outOfRange(shape, value as number, 'value');
    case 'list':
      return outOfRange(shape, (value as readonly unknown[]).length, 'length');
    case 'map':
      return outOfRange(shape, Object.keys(value as object).length, 'length');
    case 'structure':
    case 'boolean':
    case 'timestamp':
      return [];
  }
}

function outOfRange(
  range: { readonly min?: number; readonly max?: number },
  size: number,
  what: 'length' | 'value',
): string[] {
  const broken: string[] = [];
  if (range.max !== undefined && size > range.max) broken.push(atMost(what, range.max));
  if (range.min !== undefined && size < range.min) broken.push(atLeast(what, range.min));
  return broken;
}

/** All constraints of a map's key or value, in the order that SageMaker prints them. */
function constraintsOf(shape: Shape): readonly string[] {
  if (shape.type !== 'string') return [];
  const constraints: string[] = [];
  if (shape.max !== undefined) constraints.push(atMost('length', shape.max));
  if (shape.min !== undefined) constraints.push(atLeast('length', shape.min));
  if (shape.pattern !== undefined) constraints.push(patternText(shape.pattern));
  if (shape.enum !== undefined) constraints.push(enumText(shape.enum));
  return constraints;
}

/** How Java prints a value: `[a, b]` for lists, `{k=v}` for maps and structures. */
function javaString(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaString).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, item]) => `${key}=${javaString(item)}`);
    return `{${members.join(', ')}}`;
  }
  return String(value);
}

const cut = (text: string): string =>
  text.length <= MAX_VALUE_IN_MESSAGE ? text : `${text.slice(0, MAX_VALUE_IN_MESSAGE)}...`;

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
