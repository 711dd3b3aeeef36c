import { INSTANCE_TYPES, instanceTypesOfFamily } from '../jobs/instance-types.ts';
import { type Path, type Problem, showValue } from '../jobs/job-problem.ts';
import { problem, type Reader, reader } from '../jobs/rule-parts.ts';
import { valueAt } from '../jobs/schema-problems.ts';
import type { Json } from '../jobs/training-request.ts';
import { contradiction, sameName, type WrittenEnvironment } from './queue-rule-parts.ts';
import { shareRules } from './share-rules.ts';

/** Rules that span several members of a queue: of one that people wrote, and of a QueueSpec. */
export function queueProblems(queue: Json): Problem[] {
  const is = reader(queue);
  const environments = environmentsOf(queue, is);
  return [
    ...policyRule(is),
    ...environmentRules(queue, is, environments),
    ...wildcardRules(is),
    ...shareRules(queue, is, environments),
    ...timeLimitRules(queue, is),
  ];
}

const POLICIES = ['fifo', 'fairShare', 'quotaShare'];

function policyRule(is: Reader): Problem[] {
  if (is.given(['specVersion'])) return [];
  const given = POLICIES.filter((policy) => is.given([policy]));
  const [, second] = given;
  const allowed = `exactly one of ${POLICIES.join(', ')}`;
  if (given.length === 0) {
    const hint = 'Write `fifo: {}` for the order of submission.';
    return [problem('QUEUE_KEY_MISSING', [], 'the queue has no policy', { allowed, hint })];
  }
  return second === undefined
    ? []
    : [contradiction([second], `cannot be given together with ${given[0] ?? ''}`, { allowed })];
}

/** Where the environments stand: people write AWS Batch's word. */
const environmentsPath = (is: Reader): Path =>
  is.given(['specVersion']) ? ['environments'] : ['serviceEnvironments'];

function environmentsOf(queue: Json, is: Reader): WrittenEnvironment[] {
  return is.list(environmentsPath(is)).flatMap((entry, index) => {
    const name = valueAt(entry, ['name']);
    const path = [...environmentsPath(is), index];
    const limit = reader(queue).number([...path, 'limit']);
    return typeof name === 'string' ? [{ name, path, limit }] : [];
  });
}

function environmentRules(queue: Json, is: Reader, environments: readonly WrittenEnvironment[]): Problem[] {
  const problems = sameName(environments, 'environment');
  const owners = new Map<string, string>();
  for (const { name, path } of environments) {
    const [types, family] = ['instanceTypes', 'family'].map((key) => is.given([...path, key]));
    const allowed = 'either instanceTypes or family';
    if (types !== true && family !== true)
      problems.push(problem('QUEUE_KEY_MISSING', [...path, 'instanceTypes'], 'is missing', { allowed }));
    if (types === true && family === true)
      problems.push(
        contradiction([...path, 'family'], 'cannot be given together with instanceTypes', { allowed }),
      );
    for (const [type, place] of typesAt(queue, is, path)) {
      const owner = owners.get(type);
      if (owner === undefined) owners.set(type, name);
      else
        problems.push(
          contradiction(place, `${type} is in the environment ${owner} already`, {
            allowed: 'each instance type in one environment, so that its instances are counted once',
          }),
        );
    }
  }
  return problems;
}

function typesAt(queue: Json, is: Reader, path: Path): (readonly [string, Path])[] {
  const family = valueAt(queue, [...path, 'family']);
  if (typeof family === 'string')
    return instanceTypesOfFamily(family).map((type) => [type, [...path, 'family']] as const);
  return is
    .list([...path, 'instanceTypes'])
    .flatMap((type, index) =>
      typeof type === 'string' && INSTANCE_TYPES.includes(type)
        ? [[type, [...path, 'instanceTypes', index]] as const]
        : [],
    );
}

/** Batch's rule: share identifiers must not overlap, with or without a wildcard. */
function wildcardRules(is: Reader): Problem[] {
  const path = is.given(['specVersion']) ? ['policy', 'shares'] : ['fairShare', 'shares'];
  if (is.given(['policy', 'groups'])) return [];
  const names = is.list(path).map((share) => valueAt(share, ['name']));
  const earlier: string[] = [];
  return names.flatMap((name, index) => {
    if (typeof name !== 'string') return [];
    const other = earlier.find((before) => overlap(before, name));
    earlier.push(name);
    if (other === undefined) return [];
    return [
      contradiction([...path, index, 'name'], `${showValue(name)} overlaps ${showValue(other)}`, {
        allowed: 'shares of which no two can mean the same job',
      }),
    ];
  });
}

function overlap(a: string, b: string): boolean {
  const [wildA, wildB] = [a.endsWith('*'), b.endsWith('*')];
  const [plainA, plainB] = [wildA ? a.slice(0, -1) : a, wildB ? b.slice(0, -1) : b];
  return plainA === plainB || (wildA && plainB.startsWith(plainA)) || (wildB && plainA.startsWith(plainB));
}

function timeLimitRules(queue: Json, is: Reader): Problem[] {
  const path = is.given(['specVersion']) ? ['runnableTimeLimits'] : ['jobStateTimeLimitActions'];
  const reasons = is.list(path).map((_, index) => valueAt(queue, [...path, index, 'reason']));
  return reasons.flatMap((reason, index) =>
    typeof reason === 'string' && reasons.indexOf(reason) < index
      ? [
          contradiction(
            [...path, index, 'reason'],
            `${reason} has a limit in entry ${reasons.indexOf(reason)} already`,
          ),
        ]
      : [],
  );
}
