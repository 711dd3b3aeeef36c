const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** A length of time for people: `0s`, `0.2s`, `67.0s`, `3m 5s`, `2h 10m`, `12d 3h`. */
export function spanText(seconds: number): string {
  if (seconds === 0) return '0s';
  if (seconds < 99.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const index = UNITS.findIndex(([, size]) => whole >= size);
  const [name, size] = UNITS[index] ?? (['m', 60] as const);
  const [nextName, nextSize] = UNITS[index + 1] ?? (['s', 1] as const);
  const rest = Math.floor((whole % size) / nextSize);
  return rest === 0
    ? `${Math.floor(whole / size)}${name}`
    : `${Math.floor(whole / size)}${name} ${rest}${nextName}`;
}
