import type { JobEvent } from '../../client/index.ts';
import { statusStyle, type Paint } from './colour.ts';
import { oneLine } from './text-width.ts';

export interface EventStyle {
  readonly paint: Paint;
  readonly time: (ms: number) => string;
}

const STATUS_WIDTH = 'SUBMITTED'.length;
/** Of a relative time. */
const TIME_WIDTH = '1h 30m ago'.length;

/** A line of a job's story: when, in which status, why, and how often the same happened. */
export function eventLine(event: JobEvent, { paint, time }: EventStyle): string {
  const times = event.count > 1 ? paint('quiet', ` (${event.count} times since ${time(event.at)})`) : '';
  const attempt = event.attempt === undefined ? '' : paint('quiet', ` [attempt ${event.attempt}]`);
  const status = paint(statusStyle(event.status), event.status.padEnd(STATUS_WIDTH));
  return `${time(event.lastAt).padEnd(TIME_WIDTH)}  ${status}  ${oneLine(event.reason.sentence)}${attempt}${times}\n`;
}
