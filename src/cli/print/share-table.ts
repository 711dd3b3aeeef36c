import type { QueueSnapshot, ShareUsageView } from '../../client/index.ts';
import type { Paint } from './colour.ts';
import { renderTable, type Column } from './table.ts';

/** A line of the table: a share, a group, what nobody is guaranteed, or the sum of an environment. */
interface Row {
  readonly name: string;
  readonly environment: string;
  readonly kind: 'share' | 'group' | 'free' | 'total';
  readonly depth: number;
  readonly guaranteed: number;
  readonly used: number;
  readonly borrowed: number;
  readonly lent: number;
  readonly borrowLimit?: number;
  readonly waitingJobs: number;
}

export interface ShareTableStyle {
  readonly width: number | undefined;
  readonly paint: Paint;
  /** Only this share, without sums. */
  readonly share: string | undefined;
}

/** More lines than this, and shares that neither use nor want anything are left out. */
const MANY_ROWS = 40;

/**
 * Shares by environment, in a table whose columns add up: what is guaranteed, with what nobody is guaranteed, is the limit;
 * what shares use is what is in use; what is borrowed is what is lent. What a group uses is what the shares below it use.
 */
export function shareTable(queue: QueueSnapshot, style: ShareTableStyle): string {
  const quota = queue.policy === 'quotaShare';
  const all = queue.environments.flatMap(({ name, limit }) =>
    rowsOf(
      queue.shares.filter(({ environment }) => environment === name),
      name,
      limit,
      quota,
    ),
  );
  const own = all.filter(({ name, kind }) => kind === 'share' && name === style.share);
  const wanted = style.share === undefined ? all : own;
  const rows =
    wanted.length > MANY_ROWS ? wanted.filter((row) => row.kind === 'total' || !isIdle(row)) : wanted;
  if (rows.length === 0) return '';
  const amount = (value: (row: Row) => number, ofGroup: 'own' | 'below'): ((row: Row) => string) => {
    return (row) => (row.kind === 'group' && ofGroup === 'below' ? `(${value(row)})` : String(value(row)));
  };
  const onlyQuota = (value: (row: Row) => string): ((row: Row) => string) => (quota ? value : () => '');
  const columns: readonly Column<Row>[] = [
    {
      header: 'SHARE',
      value: nameOf,
      shrinkTo: 10,
      paint: (cell, row) => (isSum(row) ? style.paint('quiet', cell) : cell),
    },
    { header: 'ENVIRONMENT', value: ({ environment }) => environment },
    { header: 'GUARANTEED', value: onlyQuota(amount(({ guaranteed }) => guaranteed, 'own')), align: 'right' },
    { header: 'USED', value: amount(({ used }) => used, 'below'), align: 'right' },
    { header: 'BORROWED', value: onlyQuota(amount(({ borrowed }) => borrowed, 'below')), align: 'right' },
    { header: 'LENT', value: onlyQuota(amount(({ lent }) => lent, 'own')), align: 'right' },
    {
      header: 'MAY BORROW',
      value: onlyQuota(({ kind, borrowLimit }) =>
        kind === 'share' || kind === 'group' ? String(borrowLimit ?? 'any') : '',
      ),
      align: 'right',
      dropRank: 0,
    },
    { header: 'WAITING', value: ({ waitingJobs }) => String(waitingJobs), align: 'right' },
  ];
  const table = renderTable(columns, rows, {
    width: style.width,
    headers: true,
    paintHeader: (cell) => style.paint('header', cell),
  });
  const left = wanted.length - rows.length;
  return left === 0
    ? table
    : `${table}${left} lines without any use are left out; --output json has them all.\n`;
}

function rowsOf(
  usages: readonly ShareUsageView[],
  environment: string,
  limit: number,
  quota: boolean,
): Row[] {
  const parents = new Set(usages.map(({ parent }) => parent));
  const kindOf = (share: string): Row['kind'] => (parents.has(share) ? 'group' : 'share');
  const nodes = inTreeOrder(usages).map(({ usage, depth }): Row => ({
    ...usage,
    name: usage.share,
    kind: kindOf(usage.share),
    depth,
  }));
  const sum = (kinds: readonly Row['kind'][], value: (row: Row) => number): number =>
    nodes.reduce((total, row) => (kinds.includes(row.kind) ? total + value(row) : total), 0);
  const both = ['share', 'group'] as const;
  const borrowed = sum(['share'], (row) => row.borrowed);
  const waitingJobs = sum(['share'], (row) => row.waitingJobs);
  const used = sum(['share'], (row) => row.used);
  if (nodes.length === 0) return [];
  const bare = { environment, depth: 0, borrowed: 0, used: 0, waitingJobs: 0 };
  const unassigned: Row = {
    ...bare,
    name: 'guaranteed to nobody',
    kind: 'free',
    guaranteed: limit - sum(both, (row) => row.guaranteed),
    lent: borrowed - sum(both, (row) => row.lent),
  };
  const total: Row = {
    ...bare,
    name: 'total',
    kind: 'total',
    guaranteed: limit,
    used,
    borrowed,
    lent: borrowed,
    waitingJobs,
  };
  const spare = quota && (unassigned.guaranteed !== 0 || unassigned.lent !== 0);
  return [...nodes, ...(spare ? [unassigned] : []), ...(nodes.length > 1 || spare ? [total] : [])];
}

/** Groups before what is in them. */
function inTreeOrder(
  usages: readonly ShareUsageView[],
): readonly { readonly usage: ShareUsageView; readonly depth: number }[] {
  const known = new Set(usages.map(({ share }) => share));
  const children = new Map<string | undefined, ShareUsageView[]>();
  for (const usage of usages) {
    const parent = usage.parent !== undefined && known.has(usage.parent) ? usage.parent : undefined;
    children.set(parent, [...(children.get(parent) ?? []), usage]);
  }
  const below = (parent: string | undefined, depth: number): { usage: ShareUsageView; depth: number }[] =>
    (children.get(parent) ?? []).flatMap((usage) => [{ usage, depth }, ...below(usage.share, depth + 1)]);
  return below(undefined, 0);
}

const nameOf = ({ name, depth }: Row): string => `${'- '.repeat(depth)}${name}`;
const isSum = ({ kind }: Row): boolean => kind === 'free' || kind === 'total';
const isIdle = ({ guaranteed, used, borrowed, lent, waitingJobs, kind }: Row): boolean =>
  used === 0 && borrowed === 0 && lent === 0 && waitingJobs === 0 && (kind === 'share' || guaranteed === 0);
