import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type ErrorPlace, TrainyardError } from '../../jobs/error-catalogue.ts';
import { allowedKeys } from './allowed-keys.ts';
import { configSchema, type EffectiveConfig } from './schema.ts';

const MAX_FILE_BYTES = 1_048_576;
const HINT = 'docs/local-aws.md lists every key of the config.';

/** A config as it was written, and with its defaults. */
export interface LoadedConfig {
  readonly input: Readonly<Record<string, unknown>>;
  readonly config: EffectiveConfig;
}

/** @throws TrainyardError LOCAL_AWS_CONFIG with the path of the first problem, and all of them in the message */
export function checkConfig(
  input: Readonly<Record<string, unknown>>,
  where: (path: Path) => ErrorPlace,
): LoadedConfig {
  const result = configSchema.safeParse(input);
  if (result.success) return { input, config: result.data };
  const problems = result.error.issues.flatMap(problemsOf);
  const [first] = problems;
  throw new TrainyardError(
    'LOCAL_AWS_CONFIG',
    problems.map((problem) => describe(problem, where)).join('\n'),
    {
      hint: HINT,
      place: where(first?.path ?? []),
    },
  );
}

/** Reads YAML or JSON. @throws TrainyardError LOCAL_AWS_CONFIG */
export function parseConfig(text: string, file: string): LoadedConfig {
  const fail = (message: string, place: ErrorPlace): TrainyardError =>
    new TrainyardError('LOCAL_AWS_CONFIG', `${position(place)}${message}`, { hint: HINT, place });
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) throw fail('the file is larger than 1 MiB', { file });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const { line, col } = lines.linePos(syntax.pos[0]);
    throw fail(syntax.message, { file, line, column: col });
  }
  let input: unknown;
  try {
    input = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error), { file });
  }
  input ??= {};
  if (!isRecord(input)) throw fail('the config must be a mapping of keys', { file });
  return checkConfig(input, (path) => {
    const node = nearestNode(path, (part) => document.getIn(part, true));
    const { line, col } = lines.linePos(node ?? 0);
    return { file, line, column: col, path: path.join('.') };
  });
}

type Path = readonly PropertyKey[];

interface Problem {
  readonly path: Path;
  readonly text: string;
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const allowed = allowedKeys(issue.path);
    const text = `unknown key${allowed.length > 0 ? `; allowed are ${allowed.join(', ')}` : ''}`;
    return issue.keys.map((key) => ({ path: [...issue.path, key], text }));
  }
  return [{ path: issue.path, text: issue.message }];
}

function describe({ path, text }: Problem, where: (path: Path) => ErrorPlace): string {
  return `${position(where(path))}${path.length > 0 ? `${path.join('.')}: ` : ''}${text}`;
}

function position({ file, line, column }: ErrorPlace): string {
  if (file === undefined) return '';
  return line === undefined ? `${file}: ` : `${file}:${line}:${column ?? 1}: `;
}

/** The offset of the deepest node that exists on the way to `path`. */
function nearestNode(path: Path, find: (path: Path) => unknown): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = find(path.slice(0, length));
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
