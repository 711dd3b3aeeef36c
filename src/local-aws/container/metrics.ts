import { stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Context, createContext, Script } from 'node:vm';
import type { FinalMetric, MetricDefinition } from './host.ts';
import { blocksFromEnd } from './logs.ts';

/**
 * One pattern may use this much CPU time altogether; then it is given up. The watchdog only knows elapsed time, which a
 * busy machine spends on others: a slice that ran out is tried again, doubled, while CPU time is left.
 */
const PATTERN_CPU_MS = 500;
const FIRST_SLICE_MS = 50;
const LAST_SLICE_MS = 2_000;

interface Sandbox {
  pattern: RegExp;
  lines: readonly string[];
}

/** Runs under vm's watchdog, because a pattern such as (a+)+$ never ends on the wrong line. Yields the value's text. */
const lastMatch = new Script(`(() => {
  for (let index = lines.length - 1; index >= 0; index--) {
    const match = pattern.exec(lines[index]);
    if (match === null) continue;
    const text = (match[1] ?? match[0]).trim();
    if (text !== '' && Number.isFinite(Number(text))) return text;
  }
})()`);

/**
 * The last value that each definition's regular expression finds in the logs: the first group, or the whole match, read
 * as a number. Of several logs the one written last decides. A pattern that is invalid, finds no number or takes too
 * long yields nothing.
 */
export async function finalMetrics(
  logs: readonly string[],
  definitions: readonly MetricDefinition[],
): Promise<readonly FinalMetric[]> {
  const byTime = await newestFirst(logs);
  const metrics: FinalMetric[] = [];
  for (const { Name, Regex } of definitions) {
    const pattern = compiled(Regex);
    if (pattern === undefined) continue;
    const budget = { cpuMs: PATTERN_CPU_MS };
    for (const { path, modified } of byTime) {
      const value = await lastValue(path, pattern, budget);
      if (value === undefined) continue;
      metrics.push({ MetricName: Name, Value: value, Timestamp: modified });
      break;
    }
  }
  return metrics;
}

/** SageMaker's patterns are Python's; of what differs, only the spelling of named groups is common. */
function compiled(regex: string): RegExp | undefined {
  try {
    return new RegExp(regex.replaceAll('(?P<', '(?<'));
  } catch {
    return undefined;
  }
}

async function newestFirst(logs: readonly string[]): Promise<readonly { path: string; modified: number }[]> {
  const known = await Promise.all(
    logs.map(async (path) => ({ path, modified: (await stat(path).catch(() => undefined))?.mtimeMs })),
  );
  return known
    .flatMap(({ path, modified }) => (modified === undefined ? [] : [{ path, modified: modified / 1000 }]))
    .sort((a, b) => b.modified - a.modified);
}

async function lastValue(
  path: string,
  pattern: RegExp,
  budget: { cpuMs: number },
): Promise<number | undefined> {
  const sandbox: Sandbox = { pattern, lines: [] };
  const context = createContext(sandbox);
  for await (const lines of blocksFromEnd(path)) {
    sandbox.lines = lines;
    for (let slice = FIRST_SLICE_MS; ; slice *= 2) {
      if (budget.cpuMs <= 0 || slice > LAST_SLICE_MS) return undefined;
      const outcome = search(context, slice, budget);
      if (outcome.text !== undefined) return Number(outcome.text);
      await nextTurn();
      if (outcome.finished) break;
    }
  }
  return undefined;
}

/** One search through the lines of the context; `finished` unless the watchdog ended it. */
function search(
  context: Context,
  timeout: number,
  budget: { cpuMs: number },
): { readonly finished: boolean; readonly text?: string } {
  const began = process.cpuUsage();
  try {
    const text: unknown = lastMatch.runInContext(context, { timeout });
    return typeof text === 'string' ? { finished: true, text } : { finished: true };
  } catch {
    return { finished: false };
  } finally {
    budget.cpuMs -= process.cpuUsage(began).user / 1_000;
  }
}
