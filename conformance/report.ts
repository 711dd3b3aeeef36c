import * as deservedShare from './deserved-share.ts';
import { compute, whyNotApplicable } from './numbers.ts';
import * as quotaTree from './quota-tree.ts';
import * as rounds from './rounds.ts';
import type { NumberVector, VectorFile } from './vector-file.ts';

type Vector = NonNullable<VectorFile['vectors']>[number];

export interface Report {
  readonly lines: readonly string[];
  /** Whether a quota-tree vector or a number fails: agreement with the other models is reported, not demanded. */
  readonly failed: boolean;
}

interface Count {
  passed: number;
  failed: number;
}

const NOT_DEMANDED = ['deserved-share', 'rounds'] as const;
const MODELS = ['quota-tree', 'deserved-share', 'rounds'] as const;

export function report(vectors: readonly Vector[], numbers: readonly NumberVector[]): Report {
  const lines: string[] = [];
  const models = new Map<string, Count>();
  for (const vector of vectors) {
    const { want, got } = outcomeOf(vector);
    const passed = JSON.stringify(want) === JSON.stringify(got);
    count(models, vector.model, passed);
    if (passed) continue;
    lines.push(`${vector.id} (${vector.model})${vector.says === undefined ? '' : `: ${vector.says}`}`);
    lines.push(`  wanted ${inWords(want)}`, `  got    ${inWords(got)}`);
  }
  const formulas = new Map<string, Count>();
  for (const vector of numbers) {
    if (whyNotApplicable(vector.formula) !== undefined) {
      formulas.set(vector.formula, { passed: 0, failed: 0 });
      continue;
    }
    const { passed, want, got } = compute(vector);
    count(formulas, vector.formula, passed);
    if (!passed) lines.push(`${vector.id} (${vector.formula})`, `  wanted ${want}`, `  got    ${got}`);
  }
  for (const model of MODELS) {
    const result = models.get(model);
    if (result !== undefined) lines.push(`${model}: ${countInWords(result)}`);
  }
  for (const [formula, result] of [...formulas].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const reason = whyNotApplicable(formula);
    lines.push(`${formula}: ${reason === undefined ? countInWords(result) : `not applicable (${reason})`}`);
  }
  const others = NOT_DEMANDED.reduce((sum, model) => sum + (models.get(model)?.failed ?? 0), 0);
  const failed =
    (models.get('quota-tree')?.failed ?? 0) +
    [...formulas.values()].reduce((sum, each) => sum + each.failed, 0);
  if (others > 0)
    lines.push(`${NOT_DEMANDED.join(' and ')} need not agree; docs/conformance.md gives the reasons.`);
  return { lines, failed: failed > 0 };
}

function outcomeOf(vector: Vector): { readonly want: unknown; readonly got: unknown } {
  try {
    switch (vector.model) {
      case 'quota-tree':
        return { want: quotaTree.expectedOf(vector), got: quotaTree.decidedOn(vector) };
      case 'deserved-share':
        return { want: deservedShare.expectedOf(vector), got: deservedShare.decidedOn(vector) };
      case 'rounds':
        return { want: rounds.expectedOf(vector), got: rounds.decidedOn(vector) };
    }
  } catch (error) {
    return {
      want: vector.model === 'quota-tree' ? quotaTree.expectedOf(vector) : 'an outcome',
      got: String(error),
    };
  }
}

function count(counts: Map<string, Count>, key: string, passed: boolean): void {
  const result = counts.get(key) ?? { passed: 0, failed: 0 };
  counts.set(key, result);
  if (passed) result.passed += 1;
  else result.failed += 1;
}

function countInWords({ passed, failed }: Count): string {
  return `${passed} passed, ${failed} failed`;
}

/** `{ admit: ['p1 in a'], wait: [] }` as `admit: p1 in a; wait: nobody`. */
function inWords(outcome: unknown): string {
  if (Array.isArray(outcome))
    return outcome.map((round, index) => `round ${index}: ${inWords(round)}`).join(' | ');
  if (typeof outcome !== 'object' || outcome === null) return String(outcome);
  return Object.entries(outcome)
    .map(([name, jobs]) => `${name}: ${isList(jobs) && jobs.length > 0 ? inRuns(jobs).join(', ') : 'nobody'}`)
    .join('; ');
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Jobs that are numbered one after the other (`A/0/16`, `A/0/17`, ...) as one run: `A/0/16..31`. */
function inRuns(jobs: readonly string[]): string[] {
  const runs: { readonly head: string; readonly from: number; to: number }[] = [];
  const words: string[] = [];
  const numbered = jobs.map((job) => /^(.*\/)(\d+)$/.exec(job));
  const byNumber = [...numbered.entries()].sort(([, a], [, b]) => Number(a?.[2] ?? 0) - Number(b?.[2] ?? 0));
  for (const [index, match] of byNumber) {
    const [, head, number] = match ?? [];
    if (head === undefined || number === undefined) {
      words.push(jobs[index] ?? '');
      continue;
    }
    const run = runs.find((open) => open.head === head && open.to === Number(number) - 1);
    if (run === undefined) runs.push({ head, from: Number(number), to: Number(number) });
    else run.to = Number(number);
  }
  return [
    ...words,
    ...runs.map(({ head, from, to }) => (from === to ? `${head}${from}` : `${head}${from}..${to}`)),
  ];
}
