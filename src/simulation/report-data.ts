import type { SimulationReport } from './comparison.ts';

/**
 * The report as programs read it (docs/simulate.md): seconds to the millisecond, other fractions to six digits, and use over
 * time for all shares together.
 */
export function reportData(report: SimulationReport): object {
  const { policies, ...rest } = report;
  return rounded({
    ...rest,
    policies: policies.map(({ timeline: { byShare: _, ...timeline }, ...policy }) => ({
      ...policy,
      timeline,
    })),
  });
}

function rounded(value: object): object {
  const parsed: unknown = JSON.parse(
    JSON.stringify(value, (_, member: unknown) =>
      typeof member === 'number' ? Math.round(member * 1e6) / 1e6 : member,
    ),
  );
  return typeof parsed === 'object' && parsed !== null ? parsed : {};
}
