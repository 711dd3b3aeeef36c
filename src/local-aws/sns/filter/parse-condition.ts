import { isIP } from 'node:net';
import type { Bound, Condition, Scalar } from './condition.ts';

/** What is wrong with a filter policy, in AWS's words (without the position in the text, which AWS adds). */
export class FilterPolicyError extends Error {
  override readonly name = 'FilterPolicyError';
}

/** @throws FilterPolicyError */
export function parseCondition(rule: unknown): Condition {
  if (isScalar(rule)) return { kind: 'equals', value: rule };
  if (!isObject(rule)) {
    throw new FilterPolicyError('Match value must be String, number, true, false, or null');
  }
  const [operation, ...others] = Object.entries(rule);
  if (operation === undefined || others.length > 0) {
    throw new FilterPolicyError('Only one key allowed in match expression');
  }
  const [operator, operand] = operation;
  switch (operator) {
    case 'equals-ignore-case':
      return { kind: 'equalsIgnoreCase', value: stringOf(operator, operand) };
    case 'prefix':
    case 'suffix':
      return { kind: operator, value: stringOf(operator, operand) };
    case 'anything-but':
      return parseAnythingBut(operand);
    case 'numeric':
      return { kind: 'numeric', bounds: parseBounds(operand) };
    case 'cidr':
      return parseCidr(operand);
    case 'exists':
      if (typeof operand === 'boolean') return { kind: 'exists', value: operand };
      throw new FilterPolicyError('exists match pattern must be either true or false.');
    default:
      throw new FilterPolicyError(`Unrecognized match type ${operator}`);
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function stringOf(operator: string, operand: unknown): string {
  if (typeof operand === 'string') return operand;
  throw new FilterPolicyError(`${operator} match pattern must be a string`);
}

function parseAnythingBut(operand: unknown): Condition {
  if (isScalar(operand)) return { kind: 'anythingBut', values: [operand] };
  if (Array.isArray(operand)) {
    const values = operand.map((value: unknown) => {
      if (isScalar(value)) return value;
      throw new FilterPolicyError('Match value must be String, number, true, false, or null');
    });
    if (values.length === 0) throw new FilterPolicyError('Empty arrays are not allowed');
    return { kind: 'anythingBut', values };
  }
  const [operator, ...others] = isObject(operand) ? Object.keys(operand) : [];
  if (operator === undefined || others.length > 0) {
    throw new FilterPolicyError('Only one key allowed in match expression');
  }
  if (operator !== 'prefix') throw new FilterPolicyError(`Unsupported anything-but pattern: ${operator}`);
  return {
    kind: 'anythingButPrefix',
    value: stringOf('prefix', isObject(operand) ? operand['prefix'] : undefined),
  };
}

/** `["=", 3]`, `[">", 3]`, `[">", 3, "<=", 10]` */
function parseBounds(operand: unknown): readonly Bound[] {
  const members: readonly unknown[] = Array.isArray(operand) ? operand : [];
  const [operator, value, secondOperator, secondValue, ...rest] = members;
  if (members.length === 0) throw new FilterPolicyError('Invalid member in numeric match: ]');
  if (typeof operator !== 'string') {
    throw new FilterPolicyError(`Invalid member in numeric match: ${JSON.stringify(operator)}`);
  }
  if (!isOperator(operator)) throw new FilterPolicyError(`Unrecognized numeric range operator: ${operator}`);
  const first: Bound = { operator, value: numberOf(operator, value) };
  if (members.length === 2) return [first];

  if (operator !== '>' && operator !== '>=') {
    throw new FilterPolicyError('Too many elements in numeric expression');
  }
  if (typeof secondOperator !== 'string') {
    throw new FilterPolicyError(`Bad value in numeric range: ${JSON.stringify(secondOperator)}`);
  }
  if (secondOperator !== '<' && secondOperator !== '<=') {
    throw new FilterPolicyError(`Bad numeric range operator: ${secondOperator}`);
  }
  const second: Bound = { operator: secondOperator, value: numberOf(secondOperator, secondValue) };
  if (second.value <= first.value) throw new FilterPolicyError('Bottom must be less than top');
  if (rest.length > 0) throw new FilterPolicyError('Too many terms in numeric range expression');
  return [first, second];
}

function isOperator(text: string): text is Bound['operator'] {
  return ['=', '<', '<=', '>', '>='].includes(text);
}

function numberOf(operator: string, value: unknown): number {
  if (typeof value === 'number') return value;
  throw new FilterPolicyError(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`);
}

/** AWS speaks of a prefix when the network is no string. */
function parseCidr(operand: unknown): Condition {
  const parts = stringOf('prefix', operand).split('/');
  const [network, mask] = parts;
  if (parts.length !== 2 || network === undefined || mask === undefined) {
    throw new FilterPolicyError("Malformed CIDR, one '/' required");
  }
  if (!/^\d{1,3}$/.test(mask)) throw new FilterPolicyError('Malformed CIDR, mask bits must be an integer');
  const family = isIP(network);
  if (family === 0) throw new FilterPolicyError(`Nonstandard IP address: ${network}`);
  const bits = Number(mask);
  if (bits > (family === 6 ? 128 : 32))
    throw new FilterPolicyError(`Malformed CIDR, too many mask bits: ${mask}`);
  return { kind: 'cidr', network, bits };
}
