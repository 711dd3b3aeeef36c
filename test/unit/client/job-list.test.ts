import { describe, expect, test } from 'vitest';
import { visibilityQuery, withDefaults, type JobFilter } from '../../../src/client/job-list.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const JOBS = "WorkflowType = 'trainingJob'";

describe('a filter becomes a visibility query', () => {
  test.each<[string, JobFilter, string]>([
    ['everything', {}, JOBS],
    ['a user', { user: 'ana@example.com' }, `${JOBS} AND JobUser = 'ana@example.com'`],
    [
      'a user who tries to get out of the quotes',
      { user: "x' OR 'a\\" },
      `${JOBS} AND JobUser = 'x'' OR ''a\\\\'`,
    ],
    [
      'queue, share and instance type',
      { queue: 'q', share: 's', instanceType: 'ml.g5.xlarge' },
      `${JOBS} AND JobQueue = 'q' AND JobShare = 's' AND JobInstanceType = 'ml.g5.xlarge'`,
    ],
    ['a prefix of the id', { name: 'sweep-7' }, `${JOBS} AND WorkflowId STARTS_WITH 'job/sweep-7'`],
    [
      'the literal beginning of a pattern',
      { name: 'sweep-*-lr3' },
      `${JOBS} AND WorkflowId STARTS_WITH 'job/sweep-'`,
    ],
    ['ids', { jobIds: ['a', 'b'] }, `${JOBS} AND WorkflowId IN ('job/a', 'job/b')`],
    ['no ids at all, which nothing matches', { jobIds: [] }, `${JOBS} AND WorkflowId IN ('')`],
    [
      'a live status, which a terminated workflow no longer has',
      { statuses: ['RUNNING'] },
      `${JOBS} AND ((JobStatus = 'RUNNING' AND ExecutionStatus = 'Running'))`,
    ],
    [
      'a terminal status, published or not',
      { statuses: ['STOPPED'] },
      `${JOBS} AND (JobStatus = 'STOPPED' OR (ExecutionStatus IN ('Canceled', 'Terminated') AND ` +
        `(JobStatus IS NULL OR JobStatus IN ('SUBMITTED', 'RUNNABLE', 'SCHEDULED', 'STARTING', 'RUNNING'))))`,
    ],
    ['submitted since', { since: NOON }, `${JOBS} AND StartTime >= '2026-11-21T12:00:00.000Z'`],
    [
      'unfinished or ended since',
      { endedSince: NOON },
      `${JOBS} AND (ExecutionStatus = 'Running' OR CloseTime >= '2026-11-21T12:00:00.000Z')`,
    ],
    ['all that is kept', { endedSince: 0 }, JOBS],
  ])('%s', (_, filter, want) => {
    expect(visibilityQuery(filter)).toBe(want);
  });
});

describe('jobs that ended more than a day ago', () => {
  const DAY_BEFORE = NOON - 86_400_000;

  test('are left out by default, whoever they belong to', () => {
    expect(withDefaults({}, NOON)).toEqual({ endedSince: DAY_BEFORE });
    expect(withDefaults({ user: 'ana' }, NOON)).toEqual({ user: 'ana', endedSince: DAY_BEFORE });
  });

  test.each<[string, JobFilter]>([
    ['a status is asked for', { statuses: ['FAILED'] }],
    ['a name is asked for', { name: 'sweep' }],
    ['ids are asked for', { jobIds: ['a'] }],
    ['another time is asked for', { endedSince: 0 }],
  ])('are listed when %s', (_, filter) => {
    expect(withDefaults(filter, NOON)).toEqual(filter);
  });
});
