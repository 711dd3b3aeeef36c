import { BlockList, isIP } from 'node:net';

/** A value that a message offers to a condition: of an attribute, or a leaf of the body. */
export type Scalar = string | number | boolean | null;

/** One element of the list that a filter policy gives for a key. */
export type Condition =
  | { readonly kind: 'equals'; readonly value: Scalar }
  | { readonly kind: 'equalsIgnoreCase'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'suffix'; readonly value: string }
  | { readonly kind: 'anythingBut'; readonly values: readonly Scalar[] }
  | { readonly kind: 'anythingButPrefix'; readonly value: string }
  | { readonly kind: 'numeric'; readonly bounds: readonly Bound[] }
  | { readonly kind: 'cidr'; readonly network: string; readonly bits: number }
  | { readonly kind: 'exists'; readonly value: boolean };

export interface Bound {
  readonly operator: '=' | '<' | '<=' | '>' | '>=';
  readonly value: number;
}

/** A condition on no values at all is about a key that the message lacks. */
export function holds(condition: Condition, values: readonly Scalar[]): boolean {
  if (condition.kind === 'exists') return condition.value === values.length > 0;
  return values.some((value) => holdsFor(condition, value));
}

function holdsFor(condition: Exclude<Condition, { kind: 'exists' }>, value: Scalar): boolean {
  switch (condition.kind) {
    case 'equals':
      return value === condition.value;
    case 'equalsIgnoreCase':
      return typeof value === 'string' && value.toLowerCase() === condition.value.toLowerCase();
    case 'prefix':
      return typeof value === 'string' && value.startsWith(condition.value);
    case 'suffix':
      return typeof value === 'string' && value.endsWith(condition.value);
    case 'anythingBut':
      return value !== null && !condition.values.includes(value);
    case 'anythingButPrefix':
      return typeof value === 'string' && !value.startsWith(condition.value);
    case 'numeric':
      return typeof value === 'number' && condition.bounds.every((bound) => isWithin(bound, value));
    case 'cidr':
      return typeof value === 'string' && isInNetwork(value, condition);
  }
}

function isWithin(bound: Bound, value: number): boolean {
  switch (bound.operator) {
    case '=':
      return value === bound.value;
    case '<':
      return value < bound.value;
    case '<=':
      return value <= bound.value;
    case '>':
      return value > bound.value;
    case '>=':
      return value >= bound.value;
  }
}

function isInNetwork(address: string, { network, bits }: { network: string; bits: number }): boolean {
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) !== (family === 'ipv6' ? 6 : 4)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(address, family);
}
