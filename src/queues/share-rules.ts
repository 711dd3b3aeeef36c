import type { Path, Problem } from '../jobs/job-problem.ts';
import { problem, type Reader } from '../jobs/rule-parts.ts';
import { valueAt } from '../jobs/schema-problems.ts';
import type { Json } from '../jobs/training-request.ts';
import { contradiction, sameName, unknownName, type WrittenEnvironment } from './queue-rule-parts.ts';

/** A share or group of a quotaShare queue as it was written, in a queue file or in a QueueSpec. */
interface Node {
  readonly name: string;
  readonly kind: 'share' | 'group';
  readonly path: Path;
  readonly parent: { readonly name: string; readonly path: Path } | undefined;
  /** Instances by environment, with the place of each. */
  readonly guaranteed: readonly Entry[];
  readonly borrowLimit: readonly Entry[];
  readonly lendLimit: readonly Entry[];
}

interface Entry {
  readonly environment: string;
  readonly instances: number | undefined;
  readonly path: Path;
}

/** Rules about the tree of shares of a quotaShare queue. */
export function shareRules(queue: Json, is: Reader, environments: readonly WrittenEnvironment[]): Problem[] {
  const base = is.given(['specVersion']) ? 'policy' : 'quotaShare';
  const groups = nodesAt(queue, is, [base, 'groups'], 'group');
  const shares =
    is.given(['quotaShare']) || groups !== undefined ? nodesAt(queue, is, [base, 'shares'], 'share') : [];
  const nodes = [...(groups ?? []), ...(shares ?? [])];
  return [
    ...sameName(nodes, 'share or group'),
    ...parentRules(nodes),
    ...cycleRules(nodes),
    ...emptyGroups(nodes),
    ...environmentNames(nodes, environments),
    ...guaranteeRules(nodes, environments),
    ...lendRules(nodes),
    ...nodes.flatMap(({ path }) => percentRules(queue, path)),
    ...nodes.flatMap((node) => sharingRules(queue, is, node)),
    ...orderRules(queue, is, base, nodes),
  ];
}

/** Undefined where there is no list. */
function nodesAt(queue: Json, is: Reader, path: Path, kind: Node['kind']): Node[] | undefined {
  if (!is.given(path)) return undefined;
  const written = !is.given(['specVersion']);
  return is.list(path).flatMap((entry, index) => {
    const name = valueAt(entry, ['name']);
    if (typeof name !== 'string') return [];
    const own = [...path, index];
    const key = written && kind === 'share' ? 'group' : 'parent';
    const parent = valueAt(entry, [key]);
    const entries = (member: string): Entry[] =>
      written ? mapping(queue, [...own, member]) : quotaMembers(queue, [...own, 'quota'], member);
    return [
      {
        name,
        kind,
        path: own,
        parent: typeof parent === 'string' ? { name: parent, path: [...own, key] } : undefined,
        guaranteed: entries('guaranteed'),
        borrowLimit: entries('borrowLimit'),
        lendLimit: entries('lendLimit'),
      },
    ];
  });
}

/** `{ P4: 60 }`; a percentage names no environment. */
function mapping(queue: Json, path: Path): Entry[] {
  return keysAt(queue, path).map((environment) => entryAt(queue, environment, [...path, environment]));
}

/** `{ P4: { guaranteed: 60 } }` */
function quotaMembers(queue: Json, path: Path, member: string): Entry[] {
  return keysAt(queue, path).flatMap((environment) => {
    const own = [...path, environment, member];
    return valueAt(queue, own) === undefined ? [] : [entryAt(queue, environment, own)];
  });
}

function entryAt(queue: Json, environment: string, path: Path): Entry {
  const value = valueAt(queue, path);
  return { environment, instances: typeof value === 'number' ? value : undefined, path };
}

function keysAt(queue: Json, path: Path): string[] {
  const value = valueAt(queue, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

function parentRules(nodes: readonly Node[]): Problem[] {
  const groups = nodes.filter(({ kind }) => kind === 'group').map(({ name }) => name);
  return nodes.flatMap(({ parent }) =>
    parent === undefined || groups.includes(parent.name)
      ? []
      : [unknownName(parent.path, 'group', parent.name, groups)],
  );
}

/** Told at the group with which the circle is entered first. */
function cycleRules(nodes: readonly Node[]): Problem[] {
  const groups = new Map(nodes.flatMap((node) => (node.kind === 'group' ? [[node.name, node]] : [])));
  const done = new Set<string>();
  return [...groups.values()].flatMap((start) => {
    const way: string[] = [];
    for (let node: Node | undefined = start; node !== undefined && !done.has(node.name);) {
      if (way.includes(node.name)) {
        for (const name of way) done.add(name);
        const circle = [...way.slice(way.indexOf(node.name)), node.name].join(' -> ');
        return [
          contradiction(node.parent?.path ?? node.path, `the groups go in a circle: ${circle}`, {
            allowed: 'groups that lead to the top',
            hint: 'Leave out the parent of one of them.',
          }),
        ];
      }
      way.push(node.name);
      node = node.parent === undefined ? undefined : groups.get(node.parent.name);
    }
    for (const name of way) done.add(name);
    return [];
  });
}

function emptyGroups(nodes: readonly Node[]): Problem[] {
  const parents = new Set(nodes.map(({ parent }) => parent?.name));
  return nodes.flatMap(({ kind, name, path }) =>
    kind === 'share' || parents.has(name)
      ? []
      : [
          {
            ...contradiction([...path, 'name'], 'no share or group belongs to this group'),
            severity: 'warning',
          },
        ],
  );
}

function environmentNames(nodes: readonly Node[], environments: readonly WrittenEnvironment[]): Problem[] {
  const known = environments.map(({ name }) => name);
  const entries = nodes.flatMap(({ guaranteed, borrowLimit, lendLimit }) => [
    ...guaranteed,
    ...borrowLimit,
    ...lendLimit,
  ]);
  return entries.flatMap(({ environment, path }) =>
    known.includes(environment) ? [] : [unknownName(path, 'service environment', environment, known)],
  );
}

/** Guarantees that do not fit into the limit could not be kept. Told where the sum passes it. */
function guaranteeRules(nodes: readonly Node[], environments: readonly WrittenEnvironment[]): Problem[] {
  const limits = new Map(environments.map(({ name, limit }) => [name, limit]));
  const sums = new Map<string, number>();
  return nodes.flatMap(({ guaranteed }) =>
    guaranteed.flatMap(({ environment, instances = 0, path }) => {
      const limit = limits.get(environment);
      const before = sums.get(environment) ?? 0;
      const sum = before + instances;
      sums.set(environment, sum);
      if (limit === undefined || sum <= limit || before > limit) return [];
      return [
        contradiction(
          path,
          `${instances} brings the guarantees in ${environment} to ${sum}, and its limit is ${limit}`,
          { allowed: `guarantees that add up to at most ${limit}` },
        ),
      ];
    }),
  );
}

function lendRules(nodes: readonly Node[]): Problem[] {
  return nodes.flatMap(({ guaranteed, lendLimit }) =>
    lendLimit.flatMap(({ environment, instances = 0, path }) => {
      const own = guaranteed.find((entry) => entry.environment === environment)?.instances ?? 0;
      return instances <= own
        ? []
        : [
            contradiction(path, `${instances} is more than the ${own} that are guaranteed`, {
              allowed: `at most ${own}`,
            }),
          ];
    }),
  );
}

/** RESERVE neither lends nor borrows, LEND does not borrow; a limit of what does not happen is a misunderstanding. */
function sharingRules(queue: Json, is: Reader, { path, kind }: Node): Problem[] {
  if (kind === 'group' || is.given(['specVersion'])) return [];
  const sharing = valueAt(queue, [...path, 'sharing']);
  const problems: Problem[] = [];
  if ((sharing === 'RESERVE' || sharing === 'LEND') && is.given([...path, 'borrowLimit']))
    problems.push(
      contradiction(
        [...path, 'borrowLimit'],
        `has no meaning with sharing: ${sharing}, which never borrows`,
        {
          hint: 'Leave it out, or set sharing to LEND_AND_BORROW.',
        },
      ),
    );
  if (sharing === 'RESERVE' && is.given([...path, 'lendLimit']))
    problems.push(
      contradiction([...path, 'lendLimit'], 'has no meaning with sharing: RESERVE, which never lends', {
        hint: 'Leave it out, or set sharing to LEND or LEND_AND_BORROW.',
      }),
    );
  return [...problems, ...fallbackRules(queue, is, path), ...reclaimRules(queue, is, path)];
}

function percentRules(queue: Json, path: Path): Problem[] {
  const place = [...path, 'lendLimit'];
  const value = valueAt(queue, place);
  if (typeof value !== 'string' || !(Number(value.replace(/%$/, '')) > 100)) return [];
  return [
    problem('QUEUE_VALUE_INVALID', place, `${value} is more than the guarantee`, {
      allowed: 'from 0% to 100%',
    }),
  ];
}

/** Kueue's rule: a preference is asked for only when the search goes on after both. */
function fallbackRules(queue: Json, is: Reader, path: Path): Problem[] {
  const fallback = [...path, 'fallback'];
  if (!is.given([...fallback, 'prefer'])) return [];
  const both =
    valueAt(queue, [...fallback, 'ifBorrowing']) === 'next' &&
    (valueAt(queue, [...fallback, 'ifPreempting']) ?? 'next') === 'next';
  return both
    ? []
    : [
        contradiction(
          [...fallback, 'prefer'],
          'has no meaning unless ifBorrowing and ifPreempting are both next',
          {
            hint: 'Leave it out, or set both to next.',
          },
        ),
      ];
}

/** Kueue's rule: who never reclaims cannot preempt others in order to borrow. */
function reclaimRules(queue: Json, is: Reader, path: Path): Problem[] {
  return valueAt(queue, [...path, 'reclaim']) === 'never' && is.given([...path, 'whileBorrowing'])
    ? [
        contradiction([...path, 'whileBorrowing'], 'cannot be given together with reclaim: never', {
          hint: 'Leave it out, or set reclaim to lower or any.',
        }),
      ]
    : [];
}

function orderRules(queue: Json, is: Reader, base: string, nodes: readonly Node[]): Problem[] {
  if (is.given(['specVersion'])) return [];
  const fair = valueAt(queue, [base, 'order']) === 'fairShare';
  const problems: Problem[] =
    is.given([base, 'fairRules']) && !fair
      ? [
          contradiction([base, 'fairRules'], 'has a meaning in fair-share order only', {
            hint: 'Set order to fairShare.',
          }),
        ]
      : [];
  const borrowers = fair ? nodes.filter(({ path }) => is.given([...path, 'whileBorrowing'])) : [];
  return [
    ...problems,
    ...borrowers.map(({ path }) =>
      contradiction([...path, 'whileBorrowing'], 'has a meaning in priority order only', {
        hint: 'Leave it out, or set order to priority.',
      }),
    ),
  ];
}
