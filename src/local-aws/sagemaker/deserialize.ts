import { serializationError } from '../wire/aws-error.ts';
import { type Shape, shapeOf } from './model.ts';

/**
 * Reads a request's JSON value as `shape`. Like AWS's own servers it drops members that the model does not know, takes
 * null for an absent member, and answers SerializationException to a value of another JSON type.
 */
export function deserialize(shape: Shape, value: unknown): unknown {
  switch (shape.type) {
    case 'structure': {
      const object = asObject(value);
      return Object.fromEntries(
        Object.entries(shape.members).flatMap(([name, member]) => {
          const present = Object.hasOwn(object, name) ? object[name] : undefined;
          return present === undefined || present === null
            ? []
            : [[name, deserialize(shapeOf(member), present)]];
        }),
      );
    }
    case 'list':
      if (!Array.isArray(value)) throw mismatch(value, 'a List');
      return value.map((item: unknown) => (item === null ? null : deserialize(shapeOf(shape.member), item)));
    case 'map':
      return Object.fromEntries(
        Object.entries(asObject(value)).map(([key, item]) => [
          key,
          item === null ? null : deserialize(shapeOf(shape.value), item),
        ]),
      );
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, 'a String');
      return value;
    case 'integer':
      if (!isIntegerWithin(value, 2 ** 31)) throw mismatch(value, 'an Integer');
      return value;
    case 'long':
      if (!isIntegerWithin(value, 2 ** 63)) throw mismatch(value, 'a Long');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, 'a Boolean');
      return value;
    case 'timestamp':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw mismatch(value, 'a Timestamp');
      return value;
  }
}

const isIntegerWithin = (value: unknown, limit: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= -limit && value <= limit - 1;

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw mismatch(value, 'a structure');
  return value as Record<string, unknown>;
}

function mismatch(value: unknown, wanted: string): Error {
  if (Array.isArray(value)) return serializationError('Start of list found where not expected');
  if (typeof value === 'object' && value !== null) {
    return serializationError('Start of structure or map found where not expected.');
  }
  return serializationError(`${tokenOf(value)} can not be converted to ${wanted}`);
}

/** The JSON token names that AWS's messages have. */
function tokenOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'STRING_VALUE';
    case 'number':
      return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
    case 'boolean':
      return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
    default:
      return 'NULL_VALUE';
  }
}
