import { fit, oneLine, pad, textWidth } from './text-width.ts';

export interface Column<Row> {
  readonly header: string;
  readonly value: (row: Row) => string;
  /** Colours a cell after it was cut and padded. */
  readonly paint?: (cell: string, row: Row) => string;
  readonly align?: 'left' | 'right';
  /** May be cut down to so many cells when the terminal is narrow. (Default: never cut) */
  readonly shrinkTo?: number;
  /** Left out when cutting is not enough, lowest first. (Default: never) */
  readonly dropRank?: number;
}

export interface TableStyle {
  /** Cells of the terminal; undefined (a pipe, a file) shows every value in full. */
  readonly width: number | undefined;
  readonly headers: boolean;
  readonly paintHeader?: (cell: string) => string;
}

const GAP = '  ';

/** A table with aligned columns, one line per row, no trailing blanks. Columns without any value are left out. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: TableStyle,
): string {
  const texts = new Map(columns.map((column) => [column, rows.map((row) => oneLine(column.value(row)))]));
  const filled = columns.filter((column) => texts.get(column)?.some((text) => text !== '') ?? false);
  const layout = fitColumns(filled, texts, style);
  const lines = rows.map((row, index) =>
    line(
      layout.map(({ column, width }) => ({
        text: fit(texts.get(column)?.[index] ?? '', width),
        width,
        align: column.align ?? 'left',
        paint: (cell: string) => column.paint?.(cell, row) ?? cell,
      })),
    ),
  );
  if (style.headers && rows.length > 0) {
    const paint = style.paintHeader ?? ((cell: string) => cell);
    lines.unshift(
      line(
        layout.map(({ column, width }) => ({
          text: column.header,
          width,
          align: column.align ?? 'left',
          paint,
        })),
      ),
    );
  }
  return lines.map((text) => `${text}\n`).join('');
}

interface Laid<Row> {
  readonly column: Column<Row>;
  width: number;
}

/** Natural widths first; then the widest of the columns that may be cut gives way; then columns are left out. */
function fitColumns<Row>(
  columns: readonly Column<Row>[],
  texts: ReadonlyMap<Column<Row>, readonly string[]>,
  style: TableStyle,
): readonly Laid<Row>[] {
  const natural = (column: Column<Row>): number =>
    Math.max(style.headers ? textWidth(column.header) : 0, ...(texts.get(column) ?? []).map(textWidth));
  let kept = columns;
  for (;;) {
    const layout = kept.map((column) => ({ column, width: natural(column) }));
    if (style.width === undefined || shrink(layout, style.width)) return layout;
    const [first] = kept
      .filter((column) => column.dropRank !== undefined)
      .sort((a, b) => (a.dropRank ?? 0) - (b.dropRank ?? 0));
    if (first === undefined) return layout;
    kept = kept.filter((column) => column !== first);
  }
}

function shrink<Row>(layout: readonly Laid<Row>[], limit: number): boolean {
  const total = (): number => layout.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);
  for (let excess = total() - limit; excess > 0; excess--) {
    const widest = layout
      .filter(({ column, width }) => column.shrinkTo !== undefined && width > column.shrinkTo)
      .reduce<Laid<Row> | undefined>((a, b) => (a === undefined || b.width > a.width ? b : a), undefined);
    if (widest === undefined) return false;
    widest.width--;
  }
  return true;
}

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly align: 'left' | 'right';
  readonly paint: (cell: string) => string;
}

function line(cells: readonly Cell[]): string {
  const last = cells.length - 1;
  return cells
    .map(({ text, width, align, paint }, index) => {
      // Blanks at the end of a line would be copied along.
      const padded = index === last && align === 'left' ? text : pad(text, width, align);
      return padded.trim() === '' ? padded : paint(padded);
    })
    .join(GAP)
    .trimEnd();
}
