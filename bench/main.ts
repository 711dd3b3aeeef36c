/** `npm run bench -- NAME [--json]`: measures, prints, and exits with 1 when a bar does not hold. */
import { parseArgs } from 'node:util';
import { benchCalls } from './calls.ts';
import { benchJobs } from './jobs.ts';
import { benchLatency } from './latency.ts';
import { benchQueue } from './queue.ts';
import { table, type BenchReport } from './report.ts';
import { benchScheduler } from './scheduler.ts';

// Read when a client is made, so the imports above come in time; child processes inherit it.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const benchmarks: Readonly<Record<string, () => Promise<BenchReport>>> = {
  jobs: benchJobs,
  latency: benchLatency,
  calls: benchCalls,
  queue: benchQueue,
  scheduler: benchScheduler,
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const run = benchmarks[positionals[0] ?? ''];
if (run === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(benchmarks).join('|')} [--json]`);
  process.exit(2);
}
const report = await run();
console.log(values.json === true ? JSON.stringify(report) : table(report));
process.exit(report.bars.every(({ holds }) => holds) ? 0 : 1);
