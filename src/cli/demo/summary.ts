import { statusStyle, type Paint } from '../print/colour.ts';
import { renderTable, type Column } from '../print/table.ts';
import { pad, wrap } from '../print/text-width.ts';
import { CLAIMS } from './claims.ts';
import { type Evidence, fails, type Verdict } from './evidence.ts';
import { INVARIANTS } from './invariants.ts';

export interface Finding {
  readonly jobId: string;
  readonly evidence: Evidence | undefined;
  /** What the example is there to show; undefined for a job file that nobody wrote a claim for. */
  readonly shows: string | undefined;
  readonly verdict: Verdict;
  /** What should be true of every job and is not. */
  readonly broken: readonly string[];
}

/** Judges the evidence about one example; without evidence nothing holds. */
export function judge(jobId: string, evidence: Evidence | undefined): Finding {
  const claim = CLAIMS[jobId];
  if (evidence === undefined) {
    return {
      jobId,
      evidence,
      shows: claim?.shows,
      verdict: fails('the job: it was not submitted'),
      broken: [],
    };
  }
  const broken = INVARIANTS.flatMap((missing) => missing(evidence) ?? []);
  const verdict: Verdict = claim?.check(evidence) ?? { holds: true, because: evidence.job.reason.sentence };
  return { jobId, evidence, shows: claim?.shows, verdict, broken };
}

export const isProven = ({ verdict, broken }: Finding): boolean => verdict.holds && broken.length === 0;

/** Claims without a job file: the examples as a whole would not show them. */
export function unshown(findings: readonly Finding[]): readonly string[] {
  const names = findings.map(({ jobId }) => jobId);
  return Object.entries(CLAIMS).flatMap(([name, { shows }]) => (names.includes(name) ? [] : [shows]));
}

/** The table of all jobs, and under it what the evidence says about each. `width`: cells; undefined is a pipe. */
export function formatFindings(
  findings: readonly Finding[],
  width: number | undefined,
  paint: Paint,
): string {
  const table = renderTable(columns(paint), findings, {
    width,
    headers: true,
    paintHeader: (cell) => paint('header', cell),
  });
  const evidence = findings.flatMap((finding) => evidenceLines(finding, width ?? 120, paint));
  return `${table}\n${evidence.map((line) => `${line}\n`).join('')}`;
}

function columns(paint: Paint): readonly Column<Finding>[] {
  return [
    { header: 'JOB', value: ({ jobId }) => jobId },
    {
      header: 'ENDED',
      value: ({ evidence }) => evidence?.job.status ?? 'not there',
      paint: (cell, { evidence }) =>
        evidence === undefined ? cell : paint(statusStyle(evidence.job.status), cell),
    },
    {
      header: 'ATTEMPTS (SAGEMAKER)',
      value: ({ evidence }) => attempts(evidence),
      shrinkTo: 20,
      dropRank: 2,
    },
    { header: 'ACCURACY', value: ({ evidence }) => accuracy(evidence), align: 'right', dropRank: 1 },
    {
      header: 'MAIL',
      value: ({ evidence }) => String(evidence?.notices.length ?? 0),
      align: 'right',
      dropRank: 0,
    },
    {
      header: 'SHOWN',
      value: (finding) => (isProven(finding) ? 'yes' : 'NO'),
      paint: (cell, finding) => paint(isProven(finding) ? 'good' : 'bad', cell),
    },
    { header: 'WHAT', value: ({ shows = '' }) => shows, shrinkTo: 12 },
  ];
}

/** An attempt that SageMaker refused to create is no training job, so only the workflow knows of it. */
function attempts(evidence: Evidence | undefined): string {
  const known = evidence?.job.attempts.map(({ trainingJobName, trainingStatus = '?' }) => {
    const training = evidence.trainings.find(({ name }) => name === trainingJobName);
    return training?.status ?? trainingStatus;
  });
  return known?.join(', ') ?? '';
}

function accuracy(evidence: Evidence | undefined): string {
  return evidence?.trainings.at(-1)?.metrics['validation:accuracy']?.toFixed(3) ?? '';
}

function evidenceLines({ jobId, verdict, broken }: Finding, width: number, paint: Paint): string[] {
  const says = [
    verdict.holds ? verdict.because : `${paint('bad', 'NOT SHOWN:')} there should be ${verdict.missing}`,
    ...broken.map((missing) => `${paint('bad', 'BROKEN:')} there should be ${missing}`),
  ];
  const indent = ' '.repeat(NAME_WIDTH);
  return says
    .flatMap((text) => wrap(text, Math.max(40, width - NAME_WIDTH)))
    .map((line, index) =>
      index === 0 ? `${paint('strong', pad(jobId, NAME_WIDTH, 'left'))}${line}` : `${indent}${line}`,
    );
}

const NAME_WIDTH = 15;
