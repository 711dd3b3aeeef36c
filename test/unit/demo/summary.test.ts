import { describe, expect, it } from 'vitest';
import { CLAIMS } from '../../../src/cli/demo/claims.ts';
import { byJob } from '../../../src/cli/demo/mailbox.ts';
import { formatFindings, isProven, judge, unshown } from '../../../src/cli/demo/summary.ts';
import { paintWith } from '../../../src/cli/print/colour.ts';
import { attempt, evidence, training, type EvidenceParts } from './evidence-builder.ts';

const plain = paintWith(false);

describe('whatever a job shows', () => {
  const cases: [sentence: string, parts: EvidenceParts, broken: RegExp][] = [
    ['it has ended', { job: { status: 'RUNNING' }, notices: [] }, /an end, found RUNNING/],
    ['its workflow has closed', { workflow: { status: 'RUNNING' } }, /a workflow that has closed/],
    [
      'SageMaker knows each attempt',
      { job: { attempts: [attempt(1), attempt(2)] } },
      /ty-job-1, ty-job-2, found ty-job-1 at SageMaker/,
    ],
    [
      'SageMaker knows no other training job of it',
      { job: { attempts: [attempt(1)] }, trainings: [training(1), training(2)] },
      /the training jobs ty-job-1, found ty-job-1, ty-job-2/,
    ],
    [
      'one training job is over before the next is created',
      { trainings: [training(1, { endedAt: Date.UTC(2030, 0) }), training(2)] },
      /ty-job-1 over before ty-job-2 was created/,
    ],
    ['it was notified', { notices: [] }, /one message about SUCCEEDED, found none/],
    ['it was notified once', { notices: ['SUCCEEDED', 'SUCCEEDED'] }, /found SUCCEEDED, SUCCEEDED/],
    ['it was notified of how it ended', { notices: ['FAILED'] }, /about SUCCEEDED, found FAILED/],
  ];
  it.each(cases)('%s', (_, parts, broken) => {
    expect(judge('success', evidence()).broken).toEqual([]);
    const finding = judge('success', evidence(parts));
    expect(finding.broken).toContainEqual(expect.stringMatching(broken));
    expect(isProven(finding)).toBe(false);
  });

  it('is not proven when it was never submitted', () => {
    expect(isProven(judge('success', undefined))).toBe(false);
  });
});

describe('the summary', () => {
  it('names what no job shows', () => {
    expect(unshown([judge('success', evidence())])).toEqual(
      Object.values(CLAIMS)
        .map(({ shows }) => shows)
        .slice(1),
    );
  });

  it('says what the evidence is, and what is missing where it is not', () => {
    const findings = [judge('success', evidence()), judge('spot', evidence({ notices: [] }))];
    expect(formatFindings(findings, 100, plain)).toBe(
      [
        'JOB      ENDED      ATTEMPTS (SAGEMAKER)  ACCURACY  MAIL  SHOWN  WHAT',
        'success  SUCCEEDED  Completed                0.840     1  yes    success',
        'spot     SUCCEEDED  Completed                0.840     0  NO     spot interruption',
        '',
        'success        Completed at the first attempt',
        'spot           NOT SHOWN: there should be managed spot training',
        '               BROKEN: there should be one message about SUCCEEDED, found none',
        '',
      ].join('\n'),
    );
  });

  it('counts refused attempts, which SageMaker does not know', () => {
    const refused = attempt(1, { trainingStatus: 'Refused' });
    const given = evidence({ job: { attempts: [refused, attempt(2)] }, trainings: [training(2)] });
    expect(formatFindings([judge('quota', given)], 100, plain)).toContain('Refused, Completed');
  });
});

describe('the mailbox', () => {
  it('is sorted by the job and the end that the subjects name; other mails and second copies are left aside', () => {
    const mails = [
      { messageId: '1', subject: 'Trainyard: rank-lr-3 SUCCEEDED' },
      { messageId: '2', subject: 'Trainyard: rank-lr-3 is running' },
      { messageId: '3', subject: 'AWS Notification Message' },
      { messageId: '4', subject: 'Trainyard: rank-lr-3 SUCCEEDED' },
      { messageId: '4', subject: 'Trainyard: rank-lr-3 SUCCEEDED' },
      { messageId: '5', subject: 'Trainyard: ablation FAILED' },
    ];
    expect([...byJob(mails)]).toEqual([
      [
        'rank-lr-3',
        [
          { messageId: '1', event: 'SUCCEEDED' },
          { messageId: '4', event: 'SUCCEEDED' },
        ],
      ],
      ['ablation', [{ messageId: '5', event: 'FAILED' }]],
    ]);
  });
});
