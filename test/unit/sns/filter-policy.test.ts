import { describe, expect, it } from 'vitest';
import { parseFilterPolicy, pathsOf, policyHolds } from '../../../src/local-aws/sns/filter/policy.ts';
import { valuesOfAttributes, valuesOfBody } from '../../../src/local-aws/sns/filter/values.ts';
import type { MessageAttribute } from '../../../src/local-aws/sns/state.ts';

type Attributes = Readonly<Record<string, MessageAttribute>>;

const text = (value: string): MessageAttribute => ({ type: 'String', value });
const number = (value: number): MessageAttribute => ({ type: 'Number', value: String(value) });
const list = (...values: unknown[]): MessageAttribute => ({
  type: 'String.Array',
  value: JSON.stringify(values),
});

function letsThrough(policy: object, attributes: Attributes): boolean {
  return policyHolds(
    parseFilterPolicy(JSON.stringify(policy), 'MessageAttributes'),
    valuesOfAttributes(attributes),
  );
}

function letsBodyThrough(policy: object, body: string): boolean {
  const parsed = parseFilterPolicy(JSON.stringify(policy), 'MessageBody');
  const values = valuesOfBody(body, pathsOf(parsed));
  return values !== undefined && policyHolds(parsed, values);
}

describe('a filter policy on message attributes', () => {
  const cases: Record<string, { policy: object; yes: Attributes[]; no: Attributes[] }> = {
    'wants one of the exact values': {
      policy: { status: ['SUCCEEDED', 'FAILED'] },
      yes: [{ status: text('FAILED') }, { status: text('SUCCEEDED'), user: text('ana') }],
      no: [{ status: text('failed') }, { status: text('STOPPED') }, {}, { other: text('FAILED') }],
    },
    'wants every key': {
      policy: { status: ['FAILED'], user: ['ana'] },
      yes: [{ status: text('FAILED'), user: text('ana') }],
      no: [{ status: text('FAILED') }, { status: text('FAILED'), user: text('bo') }],
    },
    'wants a prefix': {
      policy: { user: [{ prefix: 'ana@' }] },
      yes: [{ user: text('ana@example.com') }],
      no: [{ user: text('joana@example.com') }, { user: number(1) }, {}],
    },
    'wants a suffix': {
      policy: { user: [{ suffix: '@example.com' }] },
      yes: [{ user: text('ana@example.com') }],
      no: [{ user: text('ana@example.org') }],
    },
    'ignores case where it is told to': {
      policy: { status: [{ 'equals-ignore-case': 'failed' }] },
      yes: [{ status: text('FAILED') }, { status: text('Failed') }],
      no: [{ status: text('FAILED!') }],
    },
    'wants anything but some values, but wants the key': {
      policy: { status: [{ 'anything-but': ['STARTED', 'STOPPED'] }] },
      yes: [{ status: text('FAILED') }],
      no: [{ status: text('STARTED') }, {}],
    },
    'wants anything but one number': {
      policy: { attempts: [{ 'anything-but': 1 }] },
      yes: [{ attempts: number(2) }, { attempts: text('1') }],
      no: [{ attempts: number(1) }],
    },
    'wants anything but a prefix': {
      policy: { queue: [{ 'anything-but': { prefix: 'test-' } }] },
      yes: [{ queue: text('search') }],
      no: [{ queue: text('test-search') }, {}],
    },
    'wants a number in a range': {
      policy: { cost: [{ numeric: ['>', 0, '<=', 100] }] },
      yes: [{ cost: number(0.5) }, { cost: number(100) }],
      no: [{ cost: number(0) }, { cost: number(100.1) }, { cost: text('50') }, {}],
    },
    'wants one number': {
      policy: { cost: [{ numeric: ['=', 3] }] },
      yes: [{ cost: { type: 'Number', value: '3.00' } }],
      no: [{ cost: number(4) }],
    },
    'compares a plain number as a number': {
      policy: { attempts: [2] },
      yes: [{ attempts: number(2) }],
      no: [{ attempts: text('2') }, { attempts: number(3) }],
    },
    'wants a key to be there': {
      policy: { user: [{ exists: true }] },
      yes: [{ user: text('ana') }],
      no: [{}, { other: text('ana') }],
    },
    'wants a key to be absent': {
      policy: { user: [{ exists: false }] },
      yes: [{}, { other: text('ana') }],
      no: [{ user: text('ana') }],
    },
    'takes any condition of a list': {
      policy: { user: [{ exists: false }, { prefix: 'ana' }] },
      yes: [{}, { user: text('ana') }],
      no: [{ user: text('bo') }],
    },
    'takes any element of an array attribute': {
      policy: { store: ['value1', 7] },
      yes: [{ store: list('value1', 'value2') }, { store: list(7) }],
      no: [{ store: list('value2', 'value3') }, { store: { type: 'String.Array', value: 'not json' } }],
    },
    'sees nothing of binary attributes': {
      policy: { key: [{ exists: false }] },
      yes: [{ key: { type: 'Binary', value: 'AAEC' } }],
      no: [],
    },
    'wants an address in a network': {
      policy: { source: [{ cidr: '10.0.0.0/24' }, { cidr: '2001:db8::/32' }] },
      yes: [{ source: text('10.0.0.255') }, { source: text('2001:db8::1') }],
      no: [{ source: text('10.0.1.1') }, { source: text('2001:db9::1') }, { source: text('somewhere') }],
    },
    'takes one of several alternatives': {
      policy: { source: ['trainyard'], $or: [{ status: ['FAILED'] }, { cost: [{ numeric: ['>', 10] }] }] },
      yes: [
        { source: text('trainyard'), status: text('FAILED') },
        { source: text('trainyard'), status: text('SUCCEEDED'), cost: number(11) },
      ],
      no: [
        { source: text('trainyard') },
        { status: text('FAILED') },
        { source: text('trainyard'), cost: number(9) },
      ],
    },
    'takes $or over one object for a key of that name': {
      policy: { $or: ['this'] },
      yes: [{ $or: text('this') }],
      no: [{ status: text('this') }],
    },
  };

  for (const [name, { policy, yes, no }] of Object.entries(cases)) {
    it(name, () => {
      for (const attributes of yes)
        expect([attributes, letsThrough(policy, attributes)]).toEqual([attributes, true]);
      for (const attributes of no)
        expect([attributes, letsThrough(policy, attributes)]).toEqual([attributes, false]);
    });
  }
});

describe('a filter policy on the message body', () => {
  // The last four are what localstack's tests recorded against AWS (tests/aws/services/sns/test_sns_filter_policy.py).
  const cases: Record<string, { policy: object; yes: unknown[]; no: unknown[] }> = {
    'wants values of any JSON type': {
      policy: { done: [true], note: [null], attempts: [1] },
      yes: [{ done: true, note: null, attempts: 1 }],
      no: [
        { done: 'true', note: null, attempts: 1 },
        { done: true, attempts: 1 },
      ],
    },
    'follows nested objects': {
      policy: { job: { user: [{ prefix: 'ana' }], placement: { kind: ['instances'] } } },
      yes: [{ job: { user: 'ana', placement: { kind: 'instances' } } }],
      no: [{ job: { user: 'ana' } }, { user: 'ana', placement: { kind: 'instances' } }, {}],
    },
    'takes a missing parent for a missing key': {
      policy: { job: { user: [{ exists: false }] } },
      yes: [{}, { job: {} }, { job: { user: [] } }],
      no: [{ job: { user: 'ana' } }],
    },
    'takes any element of arrays, however they are nested': {
      policy: { headers: { 'route-to': ['queue1'] } },
      yes: [{ headers: { 'route-to': ['queue1', 'queue2'] } }, { headers: [[{ 'route-to': [['queue1']] }]] }],
      no: [{ headers: { 'route-to': ['queue2'] } }, { headers: { 'route-to': [] } }],
    },
    'takes a dot in a key for a step': {
      policy: { 'object.nested.test': ['string.value'] },
      yes: [
        { object: { nested: { test: 'string.value' } } },
        { 'object.nested.test': 'string.value' },
        { 'object.nested': { test: 'string.value' } },
        { object: { 'nested.test': 'string.value' } },
      ],
      no: [{ object: { nested: { test: 'string.notvalue' } } }],
    },
    'finds a value below arrays of objects': {
      policy: {
        Records: {
          s3: { object: { key: [{ prefix: 'auto-' }] } },
          eventName: [{ prefix: 'ObjectCreated:' }],
        },
      },
      yes: [
        { Records: [{ eventName: 'ObjectCreated:Put', s3: { object: { key: 'auto-1.xml' } } }] },
        {
          Records: [
            { eventName: 'ObjectCreated:Put', s3: { object: [[{ key: 'auto-1.xml' }]] } },
            { eventName: 'ObjectRemoved:Delete', s3: { object: { key: 'home-1.xml' } } },
          ],
        },
      ],
      no: [
        { Records: [{ eventName: 'ObjectRemoved:Delete', s3: { object: { key: 'auto-1.xml' } } }] },
        { Records: [{ eventName: 'ObjectCreated:Put', s3: { object: { key: 'home-1.xml' } } }] },
      ],
    },
    'takes alternatives at every level': {
      policy: {
        $or: [{ metricName: ['CPUUtilization', 'ReadLatency'] }, { namespace: ['AWS/EC2', 'AWS/ES'] }],
        detail: { scope: ['Service'], $or: [{ source: ['aws.cloudwatch'] }, { type: ['Alarm'] }] },
      },
      yes: [
        { metricName: 'CPUUtilization', detail: { scope: 'Service', source: 'aws.cloudwatch' } },
        { namespace: 'AWS/ES', detail: { scope: 'Service', source: 'aws.cloudwatch' } },
        { metricName: 'ReadLatency', detail: { scope: 'Service', type: 'Alarm' } },
      ],
      no: [
        { metricName: 'CPUUtilization', detail: { scope: 'aws.cloudwatch', type: 'Alarm' } },
        { metricName: 'CPUUtilization', detail: { scope: 'Service', type: 'CPUUtilization' } },
        { metricName: 'CPUUtilization', detail: { type: 'Alarm' } },
        { metricName: 'CPUUtilization', detail: { scope: 'Service' } },
        { metricName: 'AWS/EC2', detail: { scope: 'Service', type: 'Alarm' } },
        { namespace: 'CPUUtilization', detail: { scope: 'Service', type: 'Alarm' } },
      ],
    },
    'takes an empty text for a value': {
      policy: { detail: { eventVersion: [''] } },
      yes: [{ resources: [], detail: { eventVersion: '', responseElements: null } }],
      no: [{ resources: [], detail: { eventVersion: null } }],
    },
  };

  for (const [name, { policy, yes, no }] of Object.entries(cases)) {
    it(name, () => {
      for (const body of yes)
        expect([body, letsBodyThrough(policy, JSON.stringify(body))]).toEqual([body, true]);
      for (const body of no)
        expect([body, letsBodyThrough(policy, JSON.stringify(body))]).toEqual([body, false]);
    });
  }

  it.each(['not json', '"text"', '[{"status":"FAILED"}]', '17'])(
    'lets no body through that is no JSON object: %s',
    (body) => {
      expect(letsBodyThrough({ status: ['FAILED'] }, body)).toBe(false);
      expect(letsBodyThrough({ status: [{ exists: false }] }, body)).toBe(false);
    },
  );

  it('survives bodies that are as deep as a message can be', () => {
    const depth = 40_000;
    const body = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(letsBodyThrough({ a: { a: [1] } }, body)).toBe(false);
    expect(letsBodyThrough({ b: [{ exists: false }] }, body)).toBe(true);
  });
});

describe('a filter policy is refused', () => {
  const values = (count: number): string[] => Array.from({ length: count }, (_, index) => `value${index}`);
  // Texts as localstack's tests recorded them against AWS, without the position in the policy.
  const cases: Record<string, { policy: unknown; scope?: 'MessageBody'; want: string }> = {
    'when a value is no scalar': {
      policy: { key: [['value']] },
      want: 'Match value must be String, number, true, false, or null',
    },
    'when an operator is unknown': {
      policy: { key: [{ 'wrong-operator': true }] },
      want: 'Unrecognized match type wrong-operator',
    },
    'when a condition has two operators': {
      policy: { key: [{ suffix: 'value', prefix: 'value2' }] },
      want: 'Only one key allowed in match expression',
    },
    'when a list is empty': { policy: { key: [] }, want: 'Empty arrays are not allowed' },
    'when a key has neither list nor object': {
      policy: { key: 'value' },
      want: '"key" must be an object or an array',
    },
    'when an operator stands outside of a list': {
      policy: { key: { suffix: 'value' } },
      want: '"suffix" must be an object or an array',
    },
    'when a suffix is a number': {
      policy: { key: [{ suffix: 100 }] },
      want: 'suffix match pattern must be a string',
    },
    'when a suffix is a list': {
      policy: { key: [{ suffix: [] }] },
      want: 'suffix match pattern must be a string',
    },
    'when a prefix is null': {
      policy: { key: [{ prefix: null }] },
      want: 'prefix match pattern must be a string',
    },
    'when exists is no boolean': {
      policy: { key: [{ exists: 'no' }] },
      want: 'exists match pattern must be either true or false.',
    },
    'when anything-but has another pattern': {
      policy: { key: [{ 'anything-but': { suffix: 'test' } }] },
      want: 'Unsupported anything-but pattern: suffix',
    },
    'when the prefix of anything-but is no text': {
      policy: { key: [{ 'anything-but': { prefix: false } }] },
      want: 'prefix match pattern must be a string',
    },
    'when a numeric condition is empty': {
      policy: { key: [{ numeric: [] }] },
      want: 'Invalid member in numeric match: ]',
    },
    'when a numeric condition begins with a number': {
      policy: { key: [{ numeric: [1, '<='] }] },
      want: 'Invalid member in numeric match: 1',
    },
    'when a numeric operator is unknown': {
      policy: { key: [{ numeric: ['operator'] }] },
      want: 'Unrecognized numeric range operator: operator',
    },
    'when a numeric value is text': {
      policy: { key: [{ numeric: ['=', '000'] }] },
      want: 'Value of equals must be numeric',
    },
    'when a numeric value is missing': {
      policy: { key: [{ numeric: ['>='] }] },
      want: 'Value of >= must be numeric',
    },
    'when a range begins with its top': {
      policy: { key: [{ numeric: ['<', 100, '>', 10] }] },
      want: 'Too many elements in numeric expression',
    },
    'when a range has two bottoms': {
      policy: { key: [{ numeric: ['>=', 1, '>', 2] }] },
      want: 'Bad numeric range operator: >',
    },
    'when a range lacks its second operator': {
      policy: { key: [{ numeric: ['>', 20, 30] }] },
      want: 'Bad value in numeric range: 30',
    },
    'when a range lacks its second value': {
      policy: { key: [{ numeric: ['>', 20, '<='] }] },
      want: 'Value of <= must be numeric',
    },
    'when a range is upside down': {
      policy: { key: [{ numeric: ['>', 3, '<', 1] }] },
      want: 'Bottom must be less than top',
    },
    'when a range has a third part': {
      policy: { key: [{ numeric: ['>', 20, '<', 30, '<', 50] }] },
      want: 'Too many terms in numeric range expression',
    },
    'when a network is no text': {
      policy: { key: [{ cidr: ['bad-filter'] }] },
      want: 'prefix match pattern must be a string',
    },
    'when a network has no mask': {
      policy: { key: [{ cidr: 'bad-filter' }] },
      want: "Malformed CIDR, one '/' required",
    },
    'when a mask is no number': {
      policy: { key: [{ cidr: 'bad-/64filter' }] },
      want: 'Malformed CIDR, mask bits must be an integer',
    },
    'when a network is no address': {
      policy: { key: [{ cidr: 'xx.11.xx/8' }] },
      want: 'Nonstandard IP address: xx.11.xx',
    },
    'when it has six keys': {
      policy: { a: ['1'], b: ['2'], c: ['3'], d: ['4'], e: ['5'], f: ['6'] },
      want: 'Filter policy can not have more than 5 keys',
    },
    'when one key has 151 values': { policy: { key: values(151) }, want: 'Filter policy is too complex' },
    'when the values of two keys multiply beyond 150': {
      policy: { key1: values(100), key2: values(51) },
      want: 'Filter policy is too complex',
    },
    'when depth makes it too complex': {
      policy: {
        key_a: { key_b: { key_c: values(4) } },
        key_d: { key_e: values(3) },
        key_f: values(3),
      },
      scope: 'MessageBody',
      want: 'Filter policy is too complex',
    },
    'when alternatives add up to 152': {
      policy: {
        source: values(4),
        $or: [
          { metricName: values(6) },
          { metricType: values(4), $or: [{ metricId: values(4) }, { spaceId: values(4) }] },
        ],
      },
      want: 'Filter policy is too complex',
    },
    'when it is nested but looks at attributes': {
      policy: { object: { key: [{ prefix: 'auto-' }] } },
      want: 'Filter policy scope MessageAttributes does not support nested filter policy',
    },
    'when it is no object': { policy: ['value'], want: 'Filter is not an object' },
  };

  for (const [name, { policy, scope = 'MessageAttributes', want }] of Object.entries(cases)) {
    it(name, () => {
      expect(() => parseFilterPolicy(JSON.stringify(policy), scope)).toThrow(want);
    });
  }

  it('when it is no JSON', () => {
    expect(() => parseFilterPolicy('{invalid}', 'MessageAttributes')).toThrow('failed to parse JSON.');
  });

  it('when it is as deep as a request can be', () => {
    const depth = 40_000;
    const policy = `${'{"a":'.repeat(depth)}[1]${'}'.repeat(depth)}`;
    expect(() => parseFilterPolicy(policy, 'MessageBody')).toThrow('Filter policy is too complex');
  });
});
