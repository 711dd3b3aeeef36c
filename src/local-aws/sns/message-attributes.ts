import { invalidValue, missing } from './errors.ts';
import type { QueryParams } from './query-params.ts';
import type { MessageAttribute } from './state.ts';

type Attributes = Readonly<Record<string, MessageAttribute>>;

/** In the model, `String`, `Number` and `Binary` may be followed by a dot and a label of one's own; String.Array is one. */
const TYPE = /^(?:String|Number|Binary)(?:\..{1,240})?$/u;
const MAX_NAME_BYTES = 256;

/**
 * Reads and checks `MessageAttributes`.
 * @param path of the message in AWS's model, with a dot at its end: empty, or that of a batch entry
 * @throws AwsError ParameterValueInvalid, ValidationError
 */
export function messageAttributesIn(params: QueryParams, path = ''): Attributes {
  return Object.fromEntries(
    params.items('MessageAttributes.entry').map((entry) => {
      const name = entry.required('Name');
      checkName(name);
      const type = entry.text('Value.DataType');
      if (type === undefined) throw missing(`${path}messageAttributes.${name}.member.dataType`);
      return [name, { type, value: valueIn(entry, name, type) }];
    }),
  );
}

function checkName(name: string): void {
  if (name === '') throw invalidValue('The request must contain non-empty message attribute names.');
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw invalidValue('Length of message attribute name must be less than 256 bytes.');
  }
  if (name.startsWith('.')) {
    throw invalidValue("Invalid message attribute name starting with character '.' was found.");
  }
  if (name.endsWith('.')) {
    throw invalidValue("Invalid message attribute name ending with character '.' was found.");
  }
  const odd = /[^a-zA-Z0-9_.-]/u.exec(name)?.[0];
  if (odd !== undefined) {
    const code = (odd.codePointAt(0) ?? 0).toString(16).toUpperCase();
    throw invalidValue(
      `Invalid non-alphanumeric character '#x${code}' was found in the message attribute name. ` +
        'Can only include alphanumeric characters, hyphens, underscores, or dots.',
    );
  }
  if (name.includes('..')) {
    throw invalidValue("Message attribute name can not have successive '.' character.");
  }
}

function valueIn(entry: QueryParams, name: string, type: string): string {
  if (!TYPE.test(type)) {
    throw invalidValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is ` +
        'Binary, Number, and String.',
    );
  }
  const field = type.startsWith('Binary') ? 'Binary' : 'String';
  const other = field === 'Binary' ? 'String' : 'Binary';
  const value = entry.text(`Value.${field}Value`);
  if (value === undefined && entry.text(`Value.${other}Value`) !== undefined) {
    throw invalidValue(`The message attribute '${name}' with type '${type}' must use field '${field}'.`);
  }
  if (value === undefined || value === '') {
    throw invalidValue(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  if (type.startsWith('Number') && !isNumber(value)) {
    throw invalidValue(`Could not cast message attribute '${name}' value to number.`);
  }
  return value;
}

function isNumber(text: string): boolean {
  return /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(text) && Number.isFinite(Number(text));
}

/** Names, types and values count as parts of the message. */
export function bytesOfAttributes(attributes: Attributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { type, value }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(type) +
      Buffer.byteLength(value, type.startsWith('Binary') ? 'base64' : 'utf8'),
    0,
  );
}
