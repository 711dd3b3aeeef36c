import { describe, expect, it } from 'vitest';
import type { Job, TrainingJobStatus } from '../../../src/local-aws/sagemaker/job.ts';
import { listTrainingJobs } from '../../../src/local-aws/sagemaker/list.ts';
import type { ListTrainingJobsRequest } from '../../../src/local-aws/sagemaker/requests.ts';
import { created } from '../../../src/local-aws/sagemaker/transitions.ts';
import { aTrainingRequest } from '../../support/local-aws/a-training-request.ts';

const START = 1_767_225_600_000;

function job(name: string, second: number, status: TrainingJobStatus = 'Completed', modified = second): Job {
  const createdAt = START + second * 1_000;
  const state = { ...created(createdAt, undefined), status, lastModifiedAt: START + modified * 1_000 };
  return {
    name,
    arn: `arn:${name}`,
    createdAt,
    request: aTrainingRequest({ TrainingJobName: name }),
    tags: [],
    state,
  };
}

function list(
  jobs: readonly Job[],
  request: ListTrainingJobsRequest,
): { names: unknown[]; next: string | undefined } {
  const page = listTrainingJobs(jobs, request, { now: START, timeScale: 1, spotDiscount: 0.7 });
  return {
    names: page.TrainingJobSummaries.map((summary) => summary['TrainingJobName']),
    next: page.NextToken,
  };
}

function allPages(jobs: readonly Job[], request: ListTrainingJobsRequest): unknown[][] {
  const pages: unknown[][] = [];
  for (let next: string | undefined; ;) {
    const page = list(jobs, { ...request, ...(next === undefined ? {} : { NextToken: next }) });
    pages.push(page.names);
    next = page.next;
    if (next === undefined) return pages;
  }
}

const twelve = Array.from({ length: 12 }, (_, i) => job(`job-${String(i).padStart(2, '0')}`, i));

describe('ListTrainingJobs', () => {
  it('has pages of 10, oldest first', () => {
    expect(allPages(twelve, {}).map((page) => [page.length, page[0]])).toEqual([
      [10, 'job-00'],
      [2, 'job-10'],
    ]);
  });

  it('gives no token on a page that is exactly the last', () => {
    expect(list(twelve, { MaxResults: 12 }).next).toBeUndefined();
  });

  it('applies StatusEquals after the page is cut, newest first, so that a page may be empty and have a token', () => {
    const jobs = [job('old', 0, 'Failed'), job('middle', 1), job('new', 2)];
    expect(allPages(jobs, { MaxResults: 2, StatusEquals: 'Failed' })).toEqual([[], ['old']]);
    expect(allPages(jobs, { MaxResults: 3, StatusEquals: 'Completed' })).toEqual([['new', 'middle']]);
  });

  const filters: Record<string, { request: ListTrainingJobsRequest; want: string[] }> = {
    'names that contain a text': { request: { NameContains: '1' }, want: ['job-01', 'job-10', 'job-11'] },
    'created after, not at': {
      request: { CreationTimeAfter: START / 1_000 + 9 },
      want: ['job-10', 'job-11'],
    },
    'created before, not at': {
      request: { CreationTimeBefore: START / 1_000 + 2 },
      want: ['job-00', 'job-01'],
    },
    'a window of creation': {
      request: { CreationTimeAfter: START / 1_000 + 1, CreationTimeBefore: START / 1_000 + 3 },
      want: ['job-02'],
    },
    'a training plan': { request: { TrainingPlanArnEquals: 'arn:aws:plan' }, want: [] },
    'a warm pool': { request: { WarmPoolStatusEquals: 'Available' }, want: [] },
  };
  it.each(Object.entries(filters))('filters by %s', (_name, { request, want }) => {
    expect(list(twelve, request).names).toEqual(want);
  });

  it('filters by the time of the last modification', () => {
    const jobs = [job('a', 0, 'Completed', 50), job('b', 1, 'Completed', 60), job('c', 2, 'Completed', 70)];
    const at = START / 1_000;
    expect(list(jobs, { LastModifiedTimeAfter: at + 50, LastModifiedTimeBefore: at + 70 }).names).toEqual([
      'b',
    ]);
  });

  const orders: Record<string, { request: ListTrainingJobsRequest; want: string[] }> = {
    'creation, descending': { request: { SortOrder: 'Descending' }, want: ['c', 'a', 'b'] },
    name: { request: { SortBy: 'Name' }, want: ['a', 'b', 'c'] },
    'name, descending': { request: { SortBy: 'Name', SortOrder: 'Descending' }, want: ['c', 'b', 'a'] },
    'status, then creation': { request: { SortBy: 'Status' }, want: ['a', 'b', 'c'] },
  };
  it.each(Object.entries(orders))('sorts by %s, over pages too', (_name, { request, want }) => {
    const jobs = [job('b', 0, 'Failed'), job('a', 1, 'Completed'), job('c', 2, 'InProgress')];
    expect(list(jobs, request).names).toEqual(want);
    expect(allPages(jobs, { ...request, MaxResults: 1 }).flat()).toEqual(want);
  });

  it('goes on after the job that a page ended with, even if it is gone or new ones came', () => {
    const { next = '' } = list(twelve, { MaxResults: 5 });
    const changed = [...twelve.filter(({ name }) => name !== 'job-04'), job('job-99', 99)];
    expect(list(changed, { MaxResults: 3, NextToken: next }).names).toEqual(['job-05', 'job-06', 'job-07']);
  });

  it.each([
    'rubbish',
    '',
    Buffer.from('null').toString('base64url'),
    Buffer.from('{"key":1}').toString('base64url'),
  ])('refuses the token "%s"', (token) => {
    expect(() => list(twelve, { NextToken: token })).toThrow('The pagination token is invalid.');
  });

  it('refuses a token of another order', () => {
    const { next = '' } = list(twelve, { MaxResults: 5 });
    expect(() => list(twelve, { SortBy: 'Name', NextToken: next })).toThrow(
      'The pagination token is invalid.',
    );
  });
});
