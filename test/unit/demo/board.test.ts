import { describe, expect, it } from 'vitest';
import { boardOn, type BoardRow } from '../../../src/cli/demo/board.ts';
import { paintWith } from '../../../src/cli/print/colour.ts';
import type { OutputStream } from '../../../src/cli/terminal.ts';
import { reason } from '../../../src/jobs/reason.ts';
import type { JobEvent } from '../../../src/jobs/view.ts';
import { evidence, on } from './evidence-builder.ts';

const START = Date.UTC(2026, 10, 21);
const plain = paintWith(false);

function outputOf(columns: number | undefined): OutputStream & { text: string } {
  return {
    text: '',
    write(text) {
      this.text += text;
    },
    isTTY: columns !== undefined,
    columns,
  };
}

const boardFor = (out: OutputStream, env: Record<string, string> = {}): ReturnType<typeof boardOn> =>
  boardOn(out, { paint: plain, env, startedAt: START });

const running: JobEvent = {
  at: START + 1000,
  lastAt: START + 2500,
  count: 2,
  status: 'RUNNING',
  reason: reason('TRAINING', { placement: on('ml.g5.xlarge') }),
};
const { job } = evidence({
  job: {
    status: 'RUNNING',
    statusSince: START,
    placement: on('ml.g5.xlarge'),
    reason: reason('TRAINING', { placement: on('ml.g5.xlarge') }),
  },
});
const rows: BoardRow[] = [
  { jobId: 'success', job },
  { jobId: 'quota', job: undefined },
];

describe('in a pipe', () => {
  it('each event is a line with the seconds since the start', () => {
    const out = outputOf(undefined);
    boardFor(out).tell('success', running);
    expect(out.text).toBe('   2.5 s  success        RUNNING    Training on 1 × ml.g5.xlarge.\n');
  });

  it('no table is drawn, and none on a terminal that cannot move its cursor', () => {
    for (const [out, env] of [
      [outputOf(undefined), {}] as const,
      [outputOf(80), { TERM: 'dumb' }] as const,
    ]) {
      boardFor(out, env).show(rows, START);
      expect(out.text).toBe('');
    }
  });
});

describe('on a terminal', () => {
  it('the table is drawn over the one before', () => {
    const out = outputOf(100);
    const board = boardFor(out);
    board.tell('success', running);
    board.show(rows, START + 5000);
    const first = out.text;
    expect(first).toBe(
      [
        '\u001B[JJOB      STATE    ATTEMPT  SINCE  WHERE             WHY',
        'success  RUNNING        1     5s  1 × ml.g5.xlarge  Training on 1 × ml.g5.xlarge.',
        'quota    not yet                  -                 submitted when its moment comes',
        '',
      ].join('\n'),
    );
    board.show(rows, START + 5000);
    expect(out.text).toBe(`${first}\u001B[3A${first}`);
  });

  it.each([40, 60, 80, 120])('no line is wider than %i columns', (columns) => {
    const out = outputOf(columns);
    boardFor(out).show(rows, START + 5000);
    for (const line of out.text.replace('\u001B[J', '').split('\n'))
      expect(line.length).toBeLessThanOrEqual(columns);
  });
});
