import { ERROR_CATALOGUE, TrainyardError, type ErrorPlace } from '../../jobs/error-catalogue.ts';
import { InvalidInputError } from '../../jobs/job-problem.ts';
import type { Paint } from './colour.ts';

export interface ErrorStyle {
  /** One line of JSON for programs instead of text. */
  readonly json: boolean;
  readonly paint: Paint;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the command line ends with after this error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof TrainyardError
    ? ERROR_CATALOGUE[error.code].exitCode
    : ERROR_CATALOGUE.UNEXPECTED.exitCode;
}

/** The error as it is printed on stderr. */
export function formatError(error: unknown, style: ErrorStyle): string {
  const known = error instanceof TrainyardError ? error : unexpected(error);
  if (style.json) return `${JSON.stringify({ error: errorData(known) })}\n`;
  const { code, message, hint = ERROR_CATALOGUE[code].remedy } = known;
  const where = placeOf(known);
  const stack = style.env['DEBUG'] === 'trainyard' ? `\n${String(known.stack)}\n${causes(known)}` : '';
  return (
    `${style.paint('bad', 'error:')} ${where}${message}\n` +
    `${style.paint('quiet', `  ${hint} [${code}]`)}\n${stack}`
  );
}

/** The error as programs read it. */
function errorData(error: TrainyardError): object {
  const { code, message, hint = ERROR_CATALOGUE[code].remedy, place } = error;
  return {
    code,
    message,
    hint,
    ...(place === undefined ? {} : { place }),
    ...(error instanceof InvalidInputError ? { problems: error.problems } : {}),
  };
}

/** The lines of an InvalidInputError begin with their places already. */
function placeOf(error: TrainyardError): string {
  if (error.place === undefined || error instanceof InvalidInputError) return '';
  const where = formatPlace(error.place);
  return where === '' ? '' : `${where}: `;
}

/** `job.yaml:12:3: training.ResourceConfig`, as far as known; the form that editors follow. */
function formatPlace({ file, line, column, path }: ErrorPlace): string {
  const position = [file, ...(line === undefined ? [] : [line, ...(column === undefined ? [] : [column])])]
    .filter((part) => part !== undefined)
    .join(':');
  return [position, path].filter((part) => part !== undefined && part !== '').join(': ');
}

function unexpected(error: unknown): TrainyardError {
  const message = error instanceof Error ? error.message : String(error);
  return new TrainyardError('UNEXPECTED', message === '' ? 'Unknown error.' : message, { cause: error });
}

function causes(error: Error): string {
  return error.cause instanceof Error ? `caused by ${String(error.cause.stack)}\n${causes(error.cause)}` : '';
}
