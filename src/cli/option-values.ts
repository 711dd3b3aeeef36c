import { InvalidArgumentError, Option, type Command } from 'commander';
import { JOB_STATUSES, type JobStatus } from '../jobs/status.ts';
import { OUTPUT_FORMATS, type OutputFormat } from './print/output-format.ts';

/** Options of verbs that print data. */
export interface OutputOptions {
  readonly output: OutputFormat;
  readonly headers: boolean;
}

export function addOutputOptions(command: Command): Command {
  return addFormatOption(command, OUTPUT_FORMATS).option('--no-headers', 'tables without the header line');
}

/** For verbs whose results are no tables, or have no names. */
export function addFormatOption(command: Command, formats: readonly OutputFormat[]): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'what to print').choices(formats).default('table'),
  );
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90`, `90s`, `2h`, `1h30m`, `7d` in milliseconds; a bare number is seconds. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)?/g)];
  const whole = parts.map(([part]) => part).join('') === text && text !== '';
  const unitless = parts.filter(([, , unit]) => unit === undefined).length;
  if (!whole || (unitless > 0 && parts.length > 1)) {
    throw new InvalidArgumentError('Write a duration such as 90s, 15m, 2h, 1h30m or 7d.');
  }
  return parts.reduce(
    (sum, [, number, unit]) => sum + Number(number) * UNIT_MS[isUnit(unit) ? unit : 's'],
    0,
  );
}

function isUnit(text: string | undefined): text is keyof typeof UNIT_MS {
  return text !== undefined && Object.hasOwn(UNIT_MS, text);
}

/** A duration ago, or a date; answers the epoch milliseconds that it means at a time of day. */
export function parseSince(text: string): (now: number) => number {
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return () => time;
  }
  try {
    const ago = parseDuration(text);
    return (now) => now - ago;
  } catch {
    throw new InvalidArgumentError(
      'Write how long ago (90m, 2h, 7d) or a date (2026-11-20, 2026-11-20T08:00:00Z).',
    );
  }
}

export function parseInteger(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
      throw new InvalidArgumentError(`Write a whole number ${range}.`);
    }
    return value;
  };
}

/** Comma-separated, repeatable, in any case. */
export function parseStatuses(text: string, earlier: readonly JobStatus[] = []): readonly JobStatus[] {
  const statuses = text
    .split(',')
    .filter((word) => word.trim() !== '')
    .map((word) => {
      const status = JOB_STATUSES.find((known) => known === word.trim().toUpperCase());
      if (status === undefined)
        throw new InvalidArgumentError(`${word} is no status. They are ${JOB_STATUSES.join(', ')}.`);
      return status;
    });
  return [...earlier, ...statuses];
}

/** For options that may be given several times. */
export function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}
