/** Longest text kept of an error message; SageMaker's own bound on FailureReason. */
export const MESSAGE_LENGTH = 1024;

/**
 * One line of at most 1,024 characters: SageMaker's texts differ in their spaces from one occurrence to the next, and
 * users' texts may hold line breaks and terminal control characters.
 */
export function oneLine(text: string): string {
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  if (line.length <= MESSAGE_LENGTH) return line;
  const cut = line.slice(0, MESSAGE_LENGTH - 1);
  // Not through the middle of a surrogate pair.
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

const TRACEBACK = 'Traceback (most recent call last):';
/** `ValueError: …`, `torch.cuda.OutOfMemoryError: …`. */
const EXCEPTION = /(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Interrupt|Exit)\b(?::|$)/;

/** What goes around the user's text when there is no ErrorMessage. */
const FRAME = /^(?:framework error|ExecuteUserScriptError)\s*:\s*(?:Command "[^\n]*"\n(?=\S))?/i;

/** What the user's own code said in an AlgorithmError, without the frame that SageMaker's toolkit puts around it. */
export function userErrorText(failureReason: string): string {
  const body = failureReason.replace(/^\s*AlgorithmError\s*:?\s*/i, '');
  const text = insideErrorMessage(body) ?? body.replace(FRAME, '');
  // Without a failure file all that SageMaker says is `, exit code: 1`.
  const line = oneLine(raisedIn(text)).replace(/^, (?=exit code)/, '');
  return withExitCode(line || oneLine(body) || 'The training code gave no reason.', body);
}

/**
 * The exit code is kept, in the words of the failure file's form, where the frame that was taken off had it; 1 says
 * nothing that the text does not.
 */
function withExitCode(line: string, body: string): string {
  const code = /\bExitCode (\d+)/.exec(body)?.[1] ?? /, exit code: (\d+)\s*$/.exec(body)?.[1];
  if (code === undefined || code === '1' || /exit ?code:? \d+\W*$/i.test(line)) return line;
  return oneLine(`${line.slice(0, MESSAGE_LENGTH - 20)}, exit code: ${code}`);
}

/** The training toolkit writes `ErrorMessage "…"\nCommand "…"`, quotes unescaped; SageMaker may cut off the end. */
function insideErrorMessage(body: string): string | undefined {
  const start = /ErrorMessage "/.exec(body);
  if (start === null) return undefined;
  const rest = body.slice(start.index + start[0].length);
  const end = rest.search(/"\s*Command "(?![\s\S]*"\s*Command ")/);
  const text = end === -1 ? rest.replace(/"\s*$/, '') : rest.slice(0, end);
  return text.trim() === '' ? undefined : text;
}

/** From the exception line of the last Python traceback to the end; the whole text if there is no traceback. */
function raisedIn(text: string): string {
  const at = text.lastIndexOf(TRACEBACK);
  if (at === -1) return text;
  const lines = text.slice(at + TRACEBACK.length).split(/\r?\n/);
  if (lines.length > 2) {
    const raised = lines.findIndex((line, index) => index > 0 && /^\S/.test(line));
    return raised === -1 ? text : lines.slice(raised).join('\n');
  }
  // The line breaks were lost on the way: the exception follows the last frame.
  const flat = text.slice(at + TRACEBACK.length);
  const frames = [...flat.matchAll(/, line \d+, in \S+/g)];
  const afterFrames = (frames.at(-1)?.index ?? 0) + (frames.at(-1)?.[0].length ?? 0);
  const exception = EXCEPTION.exec(flat.slice(afterFrames));
  return exception === null ? text : flat.slice(afterFrames + exception.index);
}
