/** Numbers, times and lists of jobs as people read them. */

/** Time as people read it, to the second. */
export const clockTime = (time: number): string =>
  `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

export const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
export const instances = (n: number): string => count(n, 'instance');
export const areNeeded = (n: number): string => `${n} more ${n === 1 ? 'is' : 'are'} needed`;

/** `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`. */
export function jobList(ids: readonly string[], most = 4): string {
  const named = ids.length > most ? ids.slice(0, most - 1) : ids;
  const others = ids.length - named.length;
  const parts = others > 0 ? [...named, `${others} more`] : named;
  const last = parts.at(-1) ?? 'nobody';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

/** `90 s`, `15 min`, `2 h 5 min`, `3 d 4 h`: rounded, with the two greatest units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}
