import type { Paint } from '../../print/colour.ts';
import { renderTable } from '../../print/table.ts';
import type { Verdict } from '../evidence.ts';
import type { Figure } from './figure.ts';
import type { SageMakerRecord } from './record.ts';

export interface FigureFinding {
  readonly says: string;
  readonly verdict: Verdict;
}

/** Judges every claim of a figure, and what must be true of all of its jobs. */
export function judgeFigure(figure: Figure, record: SageMakerRecord): readonly FigureFinding[] {
  return figure.claims.map(({ says, check }) => ({ says, verdict: check(record) }));
}

/** Instances in use by share, from each moment at which that changed: what SageMaker recorded. */
export function formatUsage(record: SageMakerRecord, width: number | undefined, paint: Paint): string {
  const groups = [...new Set(record.steps.flatMap(({ use }) => Object.keys(use)))].sort();
  const from = record.steps[0]?.at ?? 0;
  return renderTable(
    [
      {
        header: 'SECOND',
        value: ({ at }: { readonly at: number }) => ((at - from) / 1000).toFixed(1),
        align: 'right' as const,
      },
      ...groups.map((group) => ({
        header: group,
        value: ({ use }: { readonly use: Readonly<Record<string, number>> }) => String(use[group] ?? 0),
        align: 'right' as const,
      })),
      {
        header: 'IN USE',
        value: ({ use }: { readonly use: Readonly<Record<string, number>> }) =>
          groups.map((group, index) => (MARKS[index] ?? '#').repeat(use[group] ?? 0)).join(''),
      },
    ],
    record.steps,
    { width, headers: true, paintHeader: (cell) => paint('header', cell) },
  );
}

const MARKS = ['█', '░', '▒'];

export function formatClaims(findings: readonly FigureFinding[], paint: Paint): string {
  return findings
    .map(({ says, verdict }) =>
      verdict.holds
        ? `  ${paint('good', 'yes')}  ${says}: ${verdict.because}\n`
        : `  ${paint('bad', 'NO')}   ${says}: there should be ${verdict.missing}\n`,
    )
    .join('');
}
