import type { EnvironmentSetup, QuotaSetup, QuotaShareQueueSetup } from '../setup.ts';
import { WEIGHT_ONE } from '../setup.ts';
import { byCodeUnits } from '../order.ts';

/** The node above all others. It has no name of its own. */
export const ROOT = 0;

export interface TreeNode {
  /** Index in `ShareTree.nodes`. Parents come before their children. */
  readonly index: number;
  /** `''`: the root. */
  readonly name: string;
  /** Only shares hold jobs. */
  readonly kind: 'root' | 'group' | 'share';
  readonly parent: number | undefined;
  /** In ten-thousandths. */
  readonly weight: number;
  /** Inner nodes and shares directly below, each in the order of their names. */
  readonly groups: readonly number[];
  readonly shares: readonly number[];
  /** From the parent up to the root. */
  readonly ancestors: readonly number[];
  /** Edges to the farthest leaf. */
  readonly height: number;
}

/** What does not depend on use, per node and environment. All in instances. */
export interface NodeQuota {
  /** Of the node's own. */
  readonly nominal: number;
  /** Infinity: no limit. */
  readonly borrowLimit: number;
  /** With what its children lend it. */
  readonly subtree: number;
  /** Part of `subtree` that is never lent. */
  readonly local: number;
  /** Most that could ever be available here, with nothing in use anywhere. */
  readonly potential: number;
}

type Policy = Pick<QuotaShareQueueSetup, 'groups' | 'shares'>;

/**
 * The tree of shares and its quotas: everything that stays the same while jobs come and go. What the guarantees leave of an
 * environment's limit belongs to the root. Capacity rules as in Kueue (pkg/cache/scheduler/resource_node.go):
 *
 *   subtree(n)   = nominal(n) + sum over children of (subtree - local)
 *   local(n)     = max(0, subtree - lendLimit), 0 without a lend limit
 *   potential(n) = local + potential(parent), at most subtree + borrowLimit; subtree at the root
 */
export class ShareTree {
  readonly nodes: readonly TreeNode[];
  readonly environments: readonly EnvironmentSetup[];
  readonly #indexOf = new Map<string, number>();
  readonly #environmentOf = new Map<string, number>();
  readonly #quotas: readonly NodeQuota[];
  readonly #lendable: readonly number[];

  /** Throws a RangeError for a parent that does not exist or a circle: both are refused with the queue file. */
  constructor(policy: Policy, environments: readonly EnvironmentSetup[]) {
    this.environments = [...environments].sort((a, b) => byCodeUnits(a.name, b.name));
    this.environments.forEach(({ name }, index) => this.#environmentOf.set(name, index));
    this.nodes = nodesOf(policy);
    for (const node of this.nodes) if (node.kind !== 'root') this.#indexOf.set(node.name, node.index);
    this.#quotas = this.#quotasOf(policy);
    this.#lendable = this.nodes.map(({ parent }) =>
      parent === undefined
        ? 0
        : this.environments.reduce(
            (sum, _, environment) => sum + this.quota(parent, environment).potential,
            0,
          ),
    );
  }

  /** The node of a share or group; `''` is the root. Undefined: not set up. */
  find(name: string): number | undefined {
    return name === '' ? ROOT : this.#indexOf.get(name);
  }

  /** Throws a RangeError for a name that is not set up. */
  indexOf(name: string): number {
    const index = this.find(name);
    if (index === undefined) throw new RangeError(`no share or group "${name}" is set up`);
    return index;
  }

  /** Undefined: the queue has no such environment. */
  findEnvironment(name: string): number | undefined {
    return this.#environmentOf.get(name);
  }

  /** Throws a RangeError for an environment that the queue does not have. */
  environmentOf(name: string): number {
    const index = this.#environmentOf.get(name);
    if (index === undefined) throw new RangeError(`no environment "${name}" is set up`);
    return index;
  }

  node(index: number): TreeNode {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`the tree has no node ${index}`);
    return node;
  }

  quota(node: number, environment: number): NodeQuota {
    const quota = this.#quotas[node * this.environments.length + environment];
    if (quota === undefined)
      throw new RangeError(`the tree has no node ${node} or no environment ${environment}`);
    return quota;
  }

  /** Most that the node's parent could ever give it, over all environments: the denominator of its share. 0 at the root. */
  lendable(node: number): number {
    return this.#lendable[node] ?? 0;
  }

  #quotasOf(policy: Policy): NodeQuota[] {
    const width = this.environments.length;
    const own = new Map<string, Readonly<Record<string, QuotaSetup>>>();
    for (const { name, quota } of [...policy.groups, ...policy.shares]) own.set(name, quota);
    const quotas = new Array<NodeQuota>(this.nodes.length * width);
    this.environments.forEach(({ name, limit }, environment) => {
      let guaranteed = 0;
      for (const quota of own.values()) guaranteed += quota[name]?.guaranteed ?? 0;
      const subtree = new Array<number>(this.nodes.length).fill(0);
      const local = new Array<number>(this.nodes.length).fill(0);
      for (const node of [...this.nodes].reverse()) {
        const quota = own.get(node.name)?.[name];
        const nominal = node.kind === 'root' ? Math.max(0, limit - guaranteed) : (quota?.guaranteed ?? 0);
        const lent = [...node.groups, ...node.shares].reduce(
          (sum, child) => sum + (subtree[child] ?? 0) - (local[child] ?? 0),
          0,
        );
        const total = nominal + lent;
        subtree[node.index] = total;
        local[node.index] = quota?.lendLimit === undefined ? 0 : Math.max(0, total - quota.lendLimit);
        quotas[node.index * width + environment] = {
          nominal,
          borrowLimit: quota?.borrowLimit ?? Infinity,
          subtree: total,
          local: local[node.index] ?? 0,
          potential: total,
        };
      }
      for (const node of this.nodes) {
        const quota = quotas[node.index * width + environment];
        const above = node.parent === undefined ? undefined : quotas[node.parent * width + environment];
        if (quota === undefined || above === undefined) continue;
        const potential = Math.min(quota.local + above.potential, quota.subtree + quota.borrowLimit);
        quotas[node.index * width + environment] = { ...quota, potential };
      }
    });
    return quotas;
  }
}

interface Named {
  readonly name: string;
  readonly kind: 'root' | 'group' | 'share';
  readonly parent: string;
  readonly weight: number;
}

/** Depth first in the order of names, so that the order of the lists in the queue file decides nothing. */
function nodesOf(policy: Policy): TreeNode[] {
  const below = new Map<string, Named[]>([['', []]]);
  for (const { name } of policy.groups) below.set(name, []);
  const hang = (
    kind: 'group' | 'share',
    { name, parent, weight }: { name: string; parent?: string; weight: number },
  ): void => {
    const siblings = below.get(parent ?? '');
    if (siblings === undefined)
      throw new RangeError(`"${name}" is below "${parent ?? ''}", which is not a group`);
    siblings.push({ name, kind, parent: parent ?? '', weight });
  };
  for (const group of policy.groups) hang('group', group);
  for (const share of policy.shares) hang('share', share);

  const nodes: TreeNode[] = [];
  const visit = (named: Named, parent: number | undefined, ancestors: readonly number[]): TreeNode => {
    const index = nodes.length;
    const children = named.kind === 'share' ? [] : [...(below.get(named.name) ?? [])];
    children.sort((a, b) => byCodeUnits(a.name, b.name));
    const mine = [index, ...ancestors];
    const placeholder: TreeNode = {
      index,
      name: named.name,
      kind: named.kind,
      parent,
      weight: named.weight,
      groups: [],
      shares: [],
      ancestors,
      height: 0,
    };
    nodes.push(placeholder);
    const groups = children.filter(({ kind }) => kind === 'group').map((child) => visit(child, index, mine));
    const shares = children.filter(({ kind }) => kind === 'share').map((child) => visit(child, index, mine));
    const node: TreeNode = {
      ...placeholder,
      groups: groups.map((child) => child.index),
      shares: shares.map((child) => child.index),
      height: groups.reduce(
        (height, child) => Math.max(height, child.height + 1),
        Math.min(children.length, 1),
      ),
    };
    nodes[index] = node;
    return node;
  };
  visit({ name: '', kind: 'root', parent: '', weight: WEIGHT_ONE }, undefined, []);
  if (nodes.length !== policy.groups.length + policy.shares.length + 1) {
    throw new RangeError('the groups form a circle');
  }
  return nodes;
}
