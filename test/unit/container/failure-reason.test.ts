import { describe, expect, it } from 'vitest';
import {
  clientErrorReason,
  errorMessage,
  failureReason,
  type FailedProcess,
} from '../../../src/local-aws/container/failure-reason.ts';

const aFailure = (part: Partial<FailedProcess> = {}): FailedProcess => ({
  exitCode: 1,
  failureFile: undefined,
  output: '',
  command: ['python3', 'train.py'],
  oomKilled: false,
  ...part,
});

describe('FailureReason', () => {
  it('is the failure file with the exit code', () => {
    expect(failureReason(aFailure({ failureFile: 'state exceeds 384 tokens\n', exitCode: 3 }))).toBe(
      'AlgorithmError: state exceeds 384 tokens, exit code: 3',
    );
  });

  it('has 1,024 characters at most, the exit code included', () => {
    const reason = failureReason(aFailure({ failureFile: 'x'.repeat(5000), exitCode: 255 }));
    expect(reason).toHaveLength(1024);
    expect(reason).toMatch(/^AlgorithmError: x+, exit code: 255$/);
  });

  it('is not cut inside a character', () => {
    expect(failureReason(aFailure({ failureFile: '😀'.repeat(2000) }))).toMatch(
      /^AlgorithmError: (?:😀)+, exit code: 1$/u,
    );
  });

  it.each([undefined, '', ' \n'])('is the toolkit’s own text when the failure file is %j', (failureFile) => {
    const output = 'epoch 1\nTraceback (most recent call last):\n  File "train.py", line 3\nTypeError: bad\n';
    expect(failureReason(aFailure({ failureFile, output }))).toBe(
      'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "TypeError: bad"\nCommand "python3 train.py", exit code: 1',
    );
  });

  it('of exit code 137 says what the toolkit takes it for', () => {
    expect(failureReason(aFailure({ exitCode: 137, output: 'epoch 1' }))).toBe(
      'AlgorithmError: ExecuteUserScriptError:\nExitCode 137\nErrorMessage "epoch 1"\n' +
        'ExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"\nCommand "python3 train.py", exit code: 137',
    );
  });

  it('of a process that the kernel killed for memory asks for more memory', () => {
    expect(failureReason(aFailure({ exitCode: 137, oomKilled: true }))).toBe(
      'ClientError: Please use an instance type with more memory, or reduce the size of job data processed on an instance.',
    );
  });

  it('stays within the limit with a long command and a long last line', () => {
    const reason = failureReason(
      aFailure({ output: 'y'.repeat(4000), command: ['sh', '-c', 'z'.repeat(4000)] }),
    );
    expect(reason.length).toBeLessThanOrEqual(1024);
    expect(reason).toMatch(/, exit code: 1$/);
  });

  it('of what the user asked for wrongly is a ClientError within the limit', () => {
    expect(clientErrorReason('x'.repeat(3000))).toHaveLength(1024);
  });
});

describe('the error line of an output', () => {
  it.each([
    ['a Python traceback', 'Traceback (most recent call last):\n  File "a"\nKeyError: 1\n', 'KeyError: 1'],
    [
      'Node’s report',
      "file:///a.mjs:1\nthrow new Error('boom')\n      ^\n\nError: boom\n    at file:///a.mjs:1:7\n\nNode.js v20.20.2\n",
      'Error: boom',
    ],
    [
      'a dotted exception',
      'torch.cuda.OutOfMemoryError: CUDA out of memory.\n',
      'torch.cuda.OutOfMemoryError: CUDA out of memory.',
    ],
    ['a shell’s last words', 'starting\nno such column: price\n', 'no such column: price'],
    ['carriage returns', ' 10%\r 20%\rbad row', 'bad row'],
    ['nothing', '', ''],
  ])('is found in %s', (_, output, line) => {
    expect(errorMessage(output)).toBe(line);
  });
});
