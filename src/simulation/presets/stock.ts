import type { Random } from '../random.ts';
import type { CapacityChange } from '../scenario.ts';

const HOUR = 3_600_000;

/**
 * AWS has instances of a family for a while, then none: exponential spans, 6 hours and 40 minutes on average. Invented: nobody
 * publishes how often and for how long GPUs are out of stock.
 */
export function stockOuts(
  environments: readonly string[],
  until: number,
  random: Random,
): readonly CapacityChange[] {
  return environments
    .flatMap((environment) => {
      const stream = random.fork(environment);
      const changes: CapacityChange[] = [];
      for (let at = stream.exponential(6 * HOUR); at < until; at += stream.exponential(6 * HOUR)) {
        changes.push({ kind: 'outage', at: Math.round(at), environment });
        at += stream.exponential((2 / 3) * HOUR);
        changes.push({ kind: 'restored', at: Math.round(at), environment });
      }
      return changes;
    })
    .sort((a, b) => a.at - b.at);
}
