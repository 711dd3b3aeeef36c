import { describe, expect, it } from 'vitest';
import { commandOf } from '../../../src/local-aws/container/command.ts';
import { readTrainingRequest } from '../../../src/local-aws/container/training-request.ts';

const images = [
  { image: '*/xgboost:1.*', command: ['node', 'one.mjs'] },
  { image: '*xgboost*', command: ['node', 'any.mjs'] },
];

describe('the command of a training job', () => {
  it.each([
    [
      'the entrypoint with its arguments',
      { ContainerEntrypoint: ['a', 'b'], ContainerArguments: ['c'], TrainingImage: 'x' },
      ['a', 'b', 'c'],
    ],
    [
      'the entrypoint even of a known image',
      { ContainerEntrypoint: ['a'], TrainingImage: 'r/xgboost:1.7' },
      ['a'],
    ],
    [
      'the first entry of the table that matches the image',
      { TrainingImage: 'r/xgboost:1.7' },
      ['node', 'one.mjs'],
    ],
    [
      'a later entry of the table, with the arguments',
      { TrainingImage: 'r/xgboost:2', ContainerArguments: ['x'] },
      ['node', 'any.mjs', 'x'],
    ],
    ['an entry for an algorithm name', { AlgorithmName: 'my-xgboost' }, ['node', 'any.mjs']],
  ])('is %s', (_, specification, command) => {
    const request = readTrainingRequest({
      AlgorithmSpecification: { TrainingInputMode: 'File', ...specification },
      OutputDataConfig: { S3OutputPath: 's3://b' },
    });
    expect(commandOf(request, images)).toEqual(command);
  });

  it('is missing for an unknown image, with what to configure', () => {
    const request = readTrainingRequest({
      AlgorithmSpecification: {
        TrainingInputMode: 'File',
        TrainingImage: 'r/pytorch:2',
        ContainerArguments: ['train'],
      },
      OutputDataConfig: { S3OutputPath: 's3://b' },
    });
    expect(() => commandOf(request, images)).toThrow(/"r\/pytorch:2".*ContainerEntrypoint.*"images"/s);
  });
});
