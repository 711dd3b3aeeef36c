import type { AwsError } from '../wire/aws-error.ts';
import { invalidParameter } from './errors.ts';
import { FilterPolicyError } from './filter/parse-condition.ts';
import {
  FILTER_SCOPES,
  type FilterPolicy,
  type FilterScope,
  NestedPolicyError,
  parseFilterPolicy,
  pathsOf,
  policyHolds,
} from './filter/policy.ts';
import { valuesOfAttributes, valuesOfBody } from './filter/values.ts';
import type { Message, Subscription } from './state.ts';

/** Those that are kept; only the first three have an effect here. */
const NAMES = ['RawMessageDelivery', 'FilterPolicy', 'FilterPolicyScope', 'DeliveryPolicy', 'RedrivePolicy'];
const MAX_LENGTH = 262_144;
export const DEFAULT_SCOPE: FilterScope = 'MessageAttributes';

type Attributes = Readonly<Record<string, string>>;

/**
 * The attributes after some of them were set: checked, in the form in which they are kept.
 * @param during names the place in AWS's messages, which differ
 * @throws AwsError InvalidParameter
 */
export function withAttributes(before: Attributes, set: Attributes, during: 'Subscribe' | 'Set'): Attributes {
  const refuse = (what: string): AwsError =>
    invalidParameter(during === 'Subscribe' ? `Attributes Reason: ${what}` : what);
  const after: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(set)) {
    if (!NAMES.includes(name)) throw invalidParameter('AttributeName');
    if (value.length > MAX_LENGTH) throw refuse(`${name}: too long`);
    if (name === 'RawMessageDelivery' && !/^(true|false)$/i.test(value)) {
      throw refuse(`${name}: Invalid value [${value}]. Must be true or false.`);
    }
    if (name === 'FilterPolicyScope' && !isScope(value)) {
      throw refuse(`${name}: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`);
    }
    after[name] = name === 'RawMessageDelivery' ? value.toLowerCase() : value;
  }
  try {
    policyOf(after);
  } catch (error) {
    if (error instanceof NestedPolicyError) throw invalidParameter(error.message);
    if (error instanceof FilterPolicyError) throw refuse(`FilterPolicy: ${error.message}`);
    throw error;
  }
  return after;
}

function isScope(value: string): value is FilterScope {
  return FILTER_SCOPES.some((scope) => scope === value);
}

function scopeOf({ FilterPolicyScope = '' }: Attributes): FilterScope {
  return isScope(FilterPolicyScope) ? FilterPolicyScope : DEFAULT_SCOPE;
}

function policyOf(attributes: Attributes): FilterPolicy | undefined {
  const text = attributes['FilterPolicy'];
  return text === undefined || text === '' ? undefined : parseFilterPolicy(text, scopeOf(attributes));
}

/** By the attributes that they are part of, which never change. */
const parsed = new WeakMap<Attributes, { readonly policy: FilterPolicy | undefined }>();

/** Whether the subscription's filter policy, if any, lets the message through. */
export function wants({ attributes }: Subscription, message: Message): boolean {
  const known = parsed.get(attributes) ?? { policy: policyOf(attributes) };
  parsed.set(attributes, known);
  const { policy } = known;
  if (policy === undefined) return true;
  const values =
    scopeOf(attributes) === 'MessageBody'
      ? valuesOfBody(message.body, pathsOf(policy))
      : valuesOfAttributes(message.attributes);
  return values !== undefined && policyHolds(policy, values);
}
