/** Whether text is a glob pattern at all. */
export function isGlob(text: string): boolean {
  return /[*?[\]{}]/.test(text);
}

/** The characters before the first wildcard. */
export function literalPrefix(pattern: string): string {
  return /^[^*?[\]{}]*/.exec(pattern)?.[0] ?? '';
}

/**
 * A regular expression for one path segment or name: `*`, `?`, `[abc]`, `[!abc]` and `{one,two}` as in a shell. A
 * bracket without its partner, or around an impossible range, stands for itself.
 */
export function globToRegExp(pattern: string): RegExp {
  return new RegExp(`^${translate(pattern)}$`, 'u');
}

function translate(pattern: string): string {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    const rest = pattern.slice(at);
    const set = characterSet(rest);
    const choice = /^\{([^{}]*)\}/u.exec(rest);
    if (char === '*') {
      source += '[^/]*';
      while (pattern.charAt(at + 1) === '*') at++;
    } else if (char === '?') {
      source += '[^/]';
    } else if (set !== undefined) {
      source += set.source;
      at += set.length - 1;
    } else if (choice?.[1] !== undefined) {
      source += `(?:${choice[1].split(',').map(translate).join('|')})`;
      at += choice[0].length - 1;
    } else {
      source += char.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&');
    }
  }
  return source;
}

function characterSet(text: string): { readonly source: string; readonly length: number } | undefined {
  const [whole, negated, members] = /^\[(!|\^)?([^\]/]+)\]/u.exec(text) ?? [];
  if (whole === undefined || members === undefined) return undefined;
  const source = `[${negated === undefined ? '' : '^'}${members.replace(/[\\[\]^]/g, '\\$&')}]`;
  try {
    new RegExp(source, 'u');
    return { source, length: whole.length };
  } catch {
    return undefined;
  }
}
