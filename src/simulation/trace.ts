import { type Problem, showValue } from '../jobs/job-problem.ts';
import { DURATION_WORDS, parseSpan } from './duration.ts';
import { hintAt, scenarioProblem } from './scenario-problem.ts';
import { MOST_JOBS, type SimulatedJob } from './scenario.ts';

/** Bytes of a trace file, more or less: two hundred thousand jobs with all columns. */
export const MOST_TRACE_CHARACTERS = 64 * 1024 * 1024;

const REQUIRED = ['arrives', 'runs'] as const;
const OPTIONAL = [
  'id',
  'share',
  'priority',
  'user',
  'instances',
  'environments',
  'limit',
  'checkpoint',
] as const;
const COLUMNS: readonly string[] = [...REQUIRED, ...OPTIONAL];
type ColumnName = (typeof REQUIRED)[number] | (typeof OPTIONAL)[number];

/** More wrong lines than this say nothing new. */
const MOST_PROBLEMS = 20;

/** What a line may leave out. */
export interface TraceDefaults {
  /** Absent: every line has to name one. */
  readonly share?: string;
  readonly environments: readonly string[];
  readonly checkpointSeconds?: number;
}

export interface CheckedTrace {
  readonly jobs: readonly SimulatedJob[];
  /** Where each job is in the file; 1-based. */
  readonly lines: readonly number[];
  /** Each with the file and the line. */
  readonly problems: readonly Problem[];
}

/**
 * The jobs of a trace: CSV (RFC 4180) with a header line; `arrives` and `runs` are needed, the other columns are not.
 * When arrivals are ISO 8601 times, the earliest is the start of the simulation.
 */
export function readTrace(text: string, file: string, defaults: TraceDefaults): CheckedTrace {
  const problems: Problem[] = [];
  const refuse: Refuse = (code, line, what, details = {}) => {
    problems.push(scenarioProblem(code, [], what, { ...details, file, line }));
  };
  if (text.length > MOST_TRACE_CHARACTERS) {
    const allowed = `at most ${MOST_TRACE_CHARACTERS} characters`;
    refuse('FILE_UNREADABLE', 1, `the trace has ${text.length} characters`, { allowed });
    return { jobs: [], lines: [], problems };
  }
  const rows = csvRows(text.replace(/^\uFEFF/, ''));
  const header = rows.next();
  if (header.done === true) {
    refuse('FILE_UNREADABLE', 1, 'the trace is empty', { allowed: `a header line: ${COLUMNS.join(',')}` });
    return { jobs: [], lines: [], problems };
  }
  const columns = header.value.fields.map((name) => name.trim());
  checkHeader(columns, header.value.line, refuse);
  if (problems.length > 0) return { jobs: [], lines: [], problems };
  const jobs: SimulatedJob[] = [];
  const lines: number[] = [];
  const clock = new TraceClock();
  for (const { fields, line } of rows) {
    if (problems.length >= MOST_PROBLEMS) {
      refuse('VALUE_INVALID', line, 'there may be more wrong lines from here on; the rest was not read');
      break;
    }
    if (fields.length === 1 && fields[0]?.trim() === '') continue;
    if (jobs.length === MOST_JOBS) {
      refuse('FILE_UNREADABLE', line, `the trace has more than ${MOST_JOBS} jobs`, {
        allowed: `at most ${MOST_JOBS}`,
      });
      break;
    }
    if (fields.length !== columns.length) {
      const what = `the line has ${fields.length} fields, the header ${columns.length}`;
      refuse('FILE_SYNTAX', line, what, { allowed: 'as many fields as the header has columns' });
      continue;
    }
    const row = new Row(columns, fields, line, refuse);
    const job = jobOf(row, `job-${jobs.length + 1}`, defaults, clock);
    if (job === undefined) continue;
    jobs.push(job);
    lines.push(line);
  }
  if (problems.length === 0 && jobs.length === 0)
    refuse('FILE_UNREADABLE', header.value.line, 'the trace has no job below its header');
  return { jobs: clock.fromItsStart(jobs), lines, problems };
}

type Refuse = (
  code: 'FILE_UNREADABLE' | 'FILE_SYNTAX' | 'KEY_UNKNOWN' | 'KEY_MISSING' | 'VALUE_INVALID',
  line: number,
  what: string,
  details?: { readonly allowed?: string; readonly hint?: string },
) => void;

function checkHeader(columns: readonly string[], line: number, refuse: Refuse): void {
  for (const [index, name] of columns.entries()) {
    if (!COLUMNS.includes(name)) {
      refuse('KEY_UNKNOWN', line, `unknown column ${showValue(name)}`, {
        allowed: COLUMNS.join(', '),
        ...hintAt(name, COLUMNS),
      });
    } else if (columns.indexOf(name) < index) {
      refuse('VALUE_INVALID', line, `the column ${name} is there twice`, { allowed: 'each column once' });
    }
  }
  for (const name of REQUIRED) {
    if (!columns.includes(name))
      refuse('KEY_MISSING', line, `the column ${name} is missing`, { allowed: COLUMNS.join(', ') });
  }
}

function jobOf(
  row: Row,
  ordinal: string,
  defaults: TraceDefaults,
  clock: TraceClock,
): SimulatedJob | undefined {
  const arrival = row.read('arrives', `${DURATION_WORDS}; or a time such as 2026-11-21T08:00:00Z`, (text) =>
    clock.read(text),
  );
  const runsFor = row.read('runs', `${DURATION_WORDS}, at least 1ms`, positiveSpan);
  const instances = row.read('instances', 'a whole number from 1 to 100000', wholeNumber(1, 100_000), 1);
  const priority = row.read('priority', 'a whole number from 0 to 9999', wholeNumber(0, 9999), 0);
  const share = row.read(
    'share',
    'letters, digits, hyphens and underscores',
    (text) => (/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}$/.test(text) ? text : undefined),
    defaults.share,
  );
  const id = row.read(
    'id',
    'letters, digits, points, hyphens and underscores',
    (text) => (/^[\w.-]{1,128}$/.test(text) ? text : undefined),
    ordinal,
  );
  const environments = row.read(
    'environments',
    'names separated by |',
    (text) => text.split('|').map((name) => name.trim()),
    defaults.environments,
  );
  const limit = row.read('limit', `${DURATION_WORDS}, at least 1ms`, positiveSpan, Infinity);
  const checkpoint = row.read('checkpoint', `${DURATION_WORDS}, at least 1ms`, positiveSpan, Infinity);
  const user = row.optional('user');
  if (
    arrival === undefined ||
    runsFor === undefined ||
    instances === undefined ||
    priority === undefined ||
    share === undefined ||
    id === undefined ||
    environments === undefined ||
    limit === undefined ||
    checkpoint === undefined
  )
    return undefined;
  const checkpointSeconds = checkpoint === Infinity ? defaults.checkpointSeconds : checkpoint / 1000;
  return {
    id,
    share,
    priority,
    ...(user === undefined ? {} : { user }),
    options: environments.map((environment) => ({ environment, instances })),
    arrivesAt: arrival,
    runsFor,
    ...(limit === Infinity ? {} : { limitSeconds: limit / 1000 }),
    ...(checkpointSeconds === undefined ? {} : { checkpointSeconds }),
  };
}

const positiveSpan = (text: string): number | undefined => {
  const ms = parseSpan(text);
  return ms === undefined || ms < 1 ? undefined : ms;
};

const wholeNumber =
  (min: number, max: number) =>
  (text: string): number | undefined => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  };

/** Arrivals as durations from the start, or as times, of which the earliest is the start. */
class TraceClock {
  #kind: 'span' | 'time' | undefined;

  /** Milliseconds; undefined when it is neither, or not of the kind of the lines before. */
  read(text: string): number | undefined {
    const span = parseSpan(text);
    const time = /^\d{4}-\d{2}-\d{2}(?:[T ].*)?$/.test(text) ? Date.parse(text) : NaN;
    const kind = span === undefined ? 'time' : 'span';
    if (span === undefined && Number.isNaN(time)) return undefined;
    this.#kind ??= kind;
    return this.#kind === kind ? (span ?? time) : undefined;
  }

  fromItsStart(jobs: readonly SimulatedJob[]): readonly SimulatedJob[] {
    if (this.#kind !== 'time') return jobs;
    const start = jobs.reduce((earliest, { arrivesAt }) => Math.min(earliest, arrivesAt), Infinity);
    return jobs.map((job) => ({ ...job, arrivesAt: job.arrivesAt - start }));
  }
}

class Row {
  readonly #fields: ReadonlyMap<string, string>;
  readonly #line: number;
  readonly #refuse: Refuse;

  constructor(columns: readonly string[], fields: readonly string[], line: number, refuse: Refuse) {
    this.#fields = new Map(columns.map((name, index) => [name, (fields[index] ?? '').trim()]));
    this.#line = line;
    this.#refuse = refuse;
  }

  optional(column: ColumnName): string | undefined {
    const text = this.#fields.get(column) ?? '';
    return text === '' ? undefined : text;
  }

  /** Undefined, and a problem more, when the field is not what is allowed, or is empty and has no default. */
  read<Value>(
    column: ColumnName,
    allowed: string,
    parse: (text: string) => Value | undefined,
    byDefault?: Value,
  ): Value | undefined {
    const text = this.optional(column);
    if (text === undefined) {
      if (byDefault !== undefined) return byDefault;
      this.#refuse('KEY_MISSING', this.#line, `${column} is missing`, { allowed });
      return undefined;
    }
    const value = parse(text);
    if (value === undefined)
      this.#refuse('VALUE_INVALID', this.#line, `${column}: ${showValue(text)} is not allowed`, { allowed });
    return value;
  }
}

interface CsvRow {
  readonly fields: readonly string[];
  /** 1-based, where the row begins. */
  readonly line: number;
}

/** Fields in double quotes may hold commas, line breaks and doubled quotes. */
function* csvRows(text: string): Generator<CsvRow, undefined, undefined> {
  let fields: string[] = [];
  let line = 1;
  let begin = 1;
  let index = 0;
  while (index < text.length) {
    let field = '';
    if (text[index] === '"') {
      index++;
      for (;;) {
        const quote = text.indexOf('"', index);
        const end = quote === -1 ? text.length : quote;
        field += text.slice(index, end);
        index = end + 1;
        if (text[index] !== '"') break;
        field += '"';
        index++;
      }
      line += field.split('\n').length - 1;
    }
    const rest = /[,\n\r]/g;
    rest.lastIndex = index;
    const end = rest.exec(text)?.index ?? text.length;
    fields.push(field + text.slice(index, end));
    index = end;
    if (text[index] === ',') {
      index++;
      if (index < text.length) continue;
      fields.push('');
    }
    if (text[index] === '\r') index++;
    if (text[index] === '\n') index++;
    yield { fields, line: begin };
    fields = [];
    line++;
    begin = line;
  }
  return undefined;
}
