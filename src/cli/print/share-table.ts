import type { EnvironmentView, QueueSnapshot, ShareUsageView } from '../../client/index.ts';
import { type Remainder, remainders } from '../../queues/remainder.ts';
import type { Paint } from './colour.ts';
import { renderTable, type Column } from './table.ts';

/** A line of the table: a share, a group, what nobody is guaranteed, what is over the limit, or the sum of an environment. */
interface Row extends Omit<ShareUsageView, 'share' | 'parent'> {
  readonly name: string;
  readonly kind: 'share' | 'group' | 'rest' | 'total';
  readonly depth: number;
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
 * what shares use is what is in use; what is borrowed is what is lent, or over a limit that was lowered. What a group uses is what the shares below it use.
 */
export function shareTable(queue: QueueSnapshot, style: ShareTableStyle): string {
  const quota = queue.policy === 'quotaShare';
  const rests = remainders(queue);
  const all = queue.environments.flatMap((environment, index) =>
    rowsOf(
      queue.shares.filter((usage) => usage.environment === environment.name),
      environment,
      rests[index],
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
  { name: environment, limit }: EnvironmentView,
  rest: Remainder | undefined,
): Row[] {
  const parents = new Set(usages.map(({ parent }) => parent));
  const nodes = inTreeOrder(usages).map(({ usage, depth }): Row => ({
    ...usage,
    name: usage.share,
    kind: parents.has(usage.share) ? 'group' : 'share',
    depth,
  }));
  if (nodes.length === 0) return [];
  const ofShares = (value: (row: Row) => number): number =>
    nodes.reduce((sum, row) => (row.kind === 'share' ? sum + value(row) : sum), 0);
  const nothing = { environment, depth: 0, guaranteed: 0, used: 0, borrowed: 0, lent: 0, waitingJobs: 0 };
  const { overLimit = 0, guaranteedToNobody } = rest ?? {};
  const rests: Row[] = [];
  if (guaranteedToNobody !== undefined) {
    const { instances: guaranteed, lent } = guaranteedToNobody;
    if (guaranteed !== 0 || lent !== 0)
      rests.push({ ...nothing, name: 'guaranteed to nobody', kind: 'rest', guaranteed, lent });
    if (overLimit > 0) rests.push({ ...nothing, name: 'over the limit', kind: 'rest', lent: overLimit });
  }
  const borrowed = ofShares((row) => row.borrowed);
  const total: Row = {
    ...nothing,
    name: 'total',
    kind: 'total',
    guaranteed: limit,
    used: ofShares((row) => row.used),
    borrowed,
    lent: borrowed,
    waitingJobs: ofShares((row) => row.waitingJobs),
  };
  return [...nodes, ...rests, ...(nodes.length > 1 || rests.length > 0 ? [total] : [])];
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
const isSum = ({ kind }: Row): boolean => kind === 'rest' || kind === 'total';
const isIdle = ({ guaranteed, used, borrowed, lent, waitingJobs, kind }: Row): boolean =>
  used === 0 && borrowed === 0 && lent === 0 && waitingJobs === 0 && (kind === 'share' || guaranteed === 0);
