/** FailureReason of DescribeTrainingJob holds at most this many characters. */
const LIMIT = 1024;

export interface FailedProcess {
  readonly exitCode: number;
  /** Content of /opt/ml/output/failure, if training wrote one. */
  readonly failureFile: string | undefined;
  /** The end of what it printed. */
  readonly output: string;
  readonly command: readonly string[];
  /** The kernel killed it for lack of memory. */
  readonly oomKilled: boolean;
}

/** What SageMaker says when the kernel ended training for lack of memory (grand-challenge compares with this very text). */
const OUT_OF_MEMORY =
  'ClientError: Please use an instance type with more memory, or reduce the size of job data processed on an instance.';

/**
 * FailureReason of an instance that ended with an exit code other than 0.
 *
 * With a failure file SageMaker says `AlgorithmError: <its text>, exit code: N`. Images that contain the training toolkit
 * always write one (errors.py#_CalledProcessError, entry_point.py); the endpoint stands for image and toolkit, so that
 * without a file of the user's it writes what the toolkit would.
 */
export function failureReason(failed: FailedProcess): string {
  if (failed.oomKilled && failed.exitCode === 137) return OUT_OF_MEMORY;
  const file = failed.failureFile?.trim() ?? '';
  const text = file === '' ? executeUserScriptError(failed) : file;
  const head = 'AlgorithmError: ';
  const tail = `, exit code: ${failed.exitCode}`;
  return head + cut(text, LIMIT - head.length - tail.length) + tail;
}

/** `ClientError: <text>` within the limit. */
export const clientErrorReason = (text: string): string => cut(`ClientError: ${text}`, LIMIT);

function executeUserScriptError({ exitCode, output, command }: FailedProcess): string {
  // The toolkit's own reading of 137 (process.py#check_error).
  const extra = exitCode === 137 ? '\nExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"' : '';
  const line = `\nCommand "${cut(command.join(' '), 400)}"`;
  return `ExecuteUserScriptError:\nExitCode ${exitCode}\nErrorMessage "${cut(errorMessage(output), 500)}"${extra}${line}`;
}

/** A line such as `ValueError: bad input` or `Error: boom`, as Python, Node and others end with. */
const ERROR_LINE =
  /^\s*(?:Uncaught )?[A-Za-z_$][\w.$]*(?:Error|Exception|Interrupt|Exit|Fault)\b(?::|\s*\[|\s*$)/;
const BARE_ERROR = /^\s*(?:Error|error|ERROR|FATAL|Fatal|fatal)\b.{0,30}:/;

/** The line of the output that says what went wrong: the last that looks like an error, else the last one. */
export function errorMessage(output: string): string {
  const lines = output.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  const error = lines.findLast((line) => ERROR_LINE.test(line) || BARE_ERROR.test(line));
  return (error ?? lines.at(-1) ?? '').trim();
}

/** At most `length` UTF-16 units, never half a character. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) ? length - 1 : length;
  return text.slice(0, end);
}
