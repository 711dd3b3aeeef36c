import type { EnvironmentSetup, QuotaShareQueueSetup } from '../setup.ts';
import { lentAmounts } from './lending.ts';
import { ROOT, ShareTree } from './share-tree.ts';

/** How far up an assignment has to look for quota. */
export interface BorrowHeight {
  /** 0: within the share's own guarantee; otherwise the height of the lowest node above whose quota is not exceeded. */
  readonly height: number;
  /** Whether that node is below the root: then the quota is the share's by its place in the tree, and may be reclaimed. */
  readonly belowRoot: boolean;
}

/** What keeps a share from more instances: the first node, from the share up, whose limit is the binding one. */
export interface Binding {
  readonly node: string;
  /** `quota`: the node is the root, and all that may be lent is in use. */
  readonly by: 'borrowLimit' | 'quota';
}

/**
 * Who uses how many instances, per node of the tree of shares and environment. A group's use counts only what its children take
 * from it: their use above what they never lend. All amounts are instances. Rules as in Kueue (resource_node.go).
 *
 * The methods with names are for callers outside this folder; inside, nodes and environments go by index (`tree`).
 */
export class QuotaLedger {
  readonly tree: ShareTree;
  readonly #width: number;
  readonly #used: number[];

  constructor(
    policy: Pick<QuotaShareQueueSetup, 'groups' | 'shares'>,
    environments: readonly EnvironmentSetup[],
    copyOf?: QuotaLedger,
  ) {
    this.tree = copyOf?.tree ?? new ShareTree(policy, environments);
    this.#width = this.tree.environments.length;
    this.#used =
      copyOf === undefined
        ? new Array<number>(this.tree.nodes.length * this.#width).fill(0)
        : [...copyOf.#used];
  }

  /** A copy to try things on; the tree itself is shared. */
  clone(): QuotaLedger {
    return new QuotaLedger({ groups: [], shares: [] }, [], this);
  }

  add(share: string, environment: string, instances: number): void {
    this.change(this.tree.indexOf(share), this.tree.environmentOf(environment), instances);
  }

  remove(share: string, environment: string, instances: number): void {
    this.change(this.tree.indexOf(share), this.tree.environmentOf(environment), -instances);
  }

  /** Most that the share could start now, by the tree alone. Never negative. */
  available(share: string, environment: string): number {
    return this.availableTo(this.tree.indexOf(share), this.tree.environmentOf(environment));
  }

  /** Most that the share could use with nothing in use anywhere. */
  potential(node: string, environment: string): number {
    return this.tree.quota(this.tree.indexOf(node), this.tree.environmentOf(environment)).potential;
  }

  /** The node's own quota: of the root, what the others leave of the limit. */
  guaranteed(node: string, environment: string): number {
    return this.tree.quota(this.tree.indexOf(node), this.tree.environmentOf(environment)).nominal;
  }

  /** Of a share: what its jobs hold. Of a group: what the shares below it hold, all told. */
  used(node: string, environment: string): number {
    return this.#held(this.tree.indexOf(node), this.tree.environmentOf(environment));
  }

  /** How much a node uses above its quota (a group: above its own and what its children lend it). */
  borrowed(node: string, environment: string): number {
    return this.borrowedBy(this.tree.indexOf(node), this.tree.environmentOf(environment));
  }

  /**
   * How much of each node's own quota others use at the moment, by name; of a group's, also the shares below it. Who lends to whom is not
   * recorded, so it is divided: a group's own quota is used first, then what its children do not use, each in proportion (largest
   * remainder, then by name). The sum of what is lent is the sum of what shares borrow, unless more is in use than the limit.
   */
  lent(environment: string): ReadonlyMap<string, number> {
    const amounts = lentAmounts(this, this.tree.environmentOf(environment));
    return new Map(this.tree.nodes.map(({ name, index }) => [name, amounts[index] ?? 0]));
  }

  // By index.

  /** Use that counts against the node's quota. */
  usage(node: number, environment: number): number {
    return this.#used[node * this.#width + environment] ?? 0;
  }

  change(share: number, environment: number, instances: number): void {
    let up = instances;
    for (
      let node: number | undefined = share;
      node !== undefined && up !== 0;
      node = this.tree.node(node).parent
    ) {
      const { local } = this.tree.quota(node, environment);
      const before = this.usage(node, environment);
      const after = before + up;
      this.#used[node * this.#width + environment] = after;
      up = Math.max(0, after - local) - Math.max(0, before - local);
    }
  }

  availableTo(share: number, environment: number): number {
    return Math.max(0, this.balanceOf(share, environment));
  }

  /** The same; negative: so much has to come free before anything is available. */
  balanceOf(node: number, environment: number): number {
    const { parent } = this.tree.node(node);
    if (parent === undefined)
      return this.tree.quota(node, environment).subtree - this.usage(node, environment);
    const fromParent = Math.min(this.#borrowable(node, environment), this.balanceOf(parent, environment));
    return this.localRoom(node, environment) + fromParent;
  }

  borrowedBy(node: number, environment: number): number {
    return Math.max(0, this.usage(node, environment) - this.tree.quota(node, environment).subtree);
  }

  isWithinQuota(node: number, environment: number): boolean {
    return this.usage(node, environment) <= this.tree.quota(node, environment).subtree;
  }

  /** Whether the node would use more than its quota with so many more. */
  borrowsWith(node: number, environment: number, instances: number): boolean {
    return this.usage(node, environment) + instances > this.tree.quota(node, environment).subtree;
  }

  /** What is left of the part of its quota that a node never lends. */
  localRoom(node: number, environment: number): number {
    return Math.max(0, this.tree.quota(node, environment).local - this.usage(node, environment));
  }

  /** Whether the share would stay within its quota, or within that of a group above it that is not above the other share, too. */
  isEntitled(share: number, other: number, environment: number, instances: number): boolean {
    const aboveOther = this.tree.node(other).ancestors;
    let amount = instances;
    for (const node of [share, ...this.tree.node(share).ancestors]) {
      if (node === ROOT || aboveOther.includes(node)) return false;
      if (!this.borrowsWith(node, environment, amount)) return true;
      amount -= this.localRoom(node, environment);
    }
    return false;
  }

  /** Kueue's FindHeightOfLowestSubtreeThatFits. */
  borrowHeight(share: number, environment: number, instances: number): BorrowHeight {
    if (!this.borrowsWith(share, environment, instances)) return { height: 0, belowRoot: true };
    let remaining = instances - this.localRoom(share, environment);
    for (const node of this.tree.node(share).ancestors) {
      if (!this.borrowsWith(node, environment, remaining)) {
        return { height: this.tree.node(node).height, belowRoot: node !== ROOT };
      }
      remaining -= this.localRoom(node, environment);
    }
    return { height: this.tree.node(ROOT).height, belowRoot: false };
  }

  /** The limit that decides `availableTo`. */
  binding(share: number, environment: number): Binding {
    for (let node = this.tree.node(share); node.parent !== undefined; node = this.tree.node(node.parent)) {
      if (this.#borrowable(node.index, environment) <= this.balanceOf(node.parent, environment)) {
        return { node: node.name, by: 'borrowLimit' };
      }
    }
    return { node: this.tree.node(ROOT).name, by: 'quota' };
  }

  /** Most that a node may still take from its parent. Infinity: no borrow limit. */
  #borrowable(node: number, environment: number): number {
    const { subtree, local, borrowLimit } = this.tree.quota(node, environment);
    return subtree - local - Math.max(0, this.usage(node, environment) - local) + borrowLimit;
  }

  #held(node: number, environment: number): number {
    const { kind, groups, shares } = this.tree.node(node);
    if (kind === 'share') return this.usage(node, environment);
    return [...groups, ...shares].reduce((sum, child) => sum + this.#held(child, environment), 0);
  }
}
