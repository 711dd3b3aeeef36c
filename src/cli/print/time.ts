export const TIME_FORMATS = ['relative', 'iso', 'raw'] as const;
/** For people, tables and `show`: "12m ago", ISO 8601 in UTC, or epoch milliseconds. */
export type TimeFormat = (typeof TIME_FORMATS)[number];

export function formatTime(ms: number, format: TimeFormat, now: number): string {
  switch (format) {
    case 'iso':
      return isoTime(ms);
    case 'raw':
      return String(ms);
    case 'relative': {
      const seconds = Math.round((now - ms) / 1000);
      if (Math.abs(seconds) < 1) return 'now';
      return seconds > 0 ? `${formatDuration(seconds)} ago` : `in ${formatDuration(-seconds)}`;
    }
  }
}

/** ISO 8601 in UTC, to the second. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** The two largest units that say something: `41s`, `12m`, `1h 3m`, `2d 4h`. Below ten minutes the seconds count too. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = UNITS.findIndex(([, size]) => whole >= size);
  const unit = UNITS[first];
  if (unit === undefined) return '0s';
  const [name, size] = unit;
  const head = `${Math.floor(whole / size)}${name}`;
  const next = UNITS[first + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % size) / next[1]);
  if (next === undefined || rest === 0 || (name === 'm' && whole >= 600)) return head;
  return `${head} ${rest}${next[0]}`;
}
