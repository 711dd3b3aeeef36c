import { existsSync, readdirSync, statSync, type Dirent } from 'node:fs';
import { join, resolve } from 'node:path';
import { globToRegExp, isGlob } from '../client/name-glob.ts';
import { TrainyardError } from '../jobs/error-catalogue.ts';

/** What a directory's job files are called. */
const JOB_FILE = /\.(?:ya?ml|json)$/i;

/**
 * The files that the words of `-f` mean, in their order, each once: a file, a directory (its job files, not those of
 * directories inside), or a pattern with `*`, `?`, `[..]`, `{..}` and `**`. `-` (standard input) stays as it is.
 * @throws TrainyardError FILE_UNREADABLE for a word that means no file
 */
export function expandFiles(words: readonly string[], cwd: string): readonly string[] {
  return [...new Set(words.flatMap((word) => expand(word, cwd)))];
}

function expand(word: string, cwd: string): readonly string[] {
  if (word === '-') return [word];
  const path = resolve(cwd, word);
  // A file may be called `a[1].yaml`; what is there needs no pattern.
  if (existsSync(path)) return statSync(path).isDirectory() ? filesIn(word, path) : [word];
  if (!isGlob(word)) throw unreadable(word, `There is no file ${word}.`);
  const absolute = word.startsWith('/');
  const segments = word.split('/').filter((segment, index) => segment !== '' || (index === 0 && !absolute));
  const found = walk(absolute ? '/' : '', segments, cwd).sort();
  if (found.length === 0) throw unreadable(word, `No file matches ${word}.`);
  return found;
}

function filesIn(word: string, directory: string): readonly string[] {
  const files = entries(directory)
    .filter((entry) => !entry.isDirectory() && JOB_FILE.test(entry.name))
    .map((entry) => join(word, entry.name))
    .sort();
  if (files.length === 0) throw unreadable(word, `The directory ${word} has no .yaml, .yml or .json files.`);
  return files;
}

function walk(base: string, [segment, ...rest]: readonly string[], cwd: string): string[] {
  if (segment === undefined) return [base];
  if (segment === '**') {
    const below = directoriesIn(base, cwd).flatMap((name) => walk(base + name + '/', ['**', ...rest], cwd));
    return rest.length === 0 ? below : [...walk(base, rest, cwd), ...below];
  }
  const last = rest.length === 0;
  if (!isGlob(segment)) {
    const path = base + segment;
    if (!existsSync(resolve(cwd, path))) return [];
    return last ? [path] : walk(`${path}/`, rest, cwd);
  }
  const pattern = globToRegExp(segment);
  return entries(resolve(cwd, base))
    .filter(({ name }) => pattern.test(name) && (!name.startsWith('.') || segment.startsWith('.')))
    .flatMap((entry) => {
      if (last) return entry.isDirectory() ? [] : [base + entry.name];
      return entry.isDirectory() ? walk(`${base}${entry.name}/`, rest, cwd) : [];
    });
}

function directoriesIn(base: string, cwd: string): string[] {
  return entries(resolve(cwd, base))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => name);
}

function entries(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function unreadable(file: string, message: string): TrainyardError {
  return new TrainyardError('FILE_UNREADABLE', message, { place: { file } });
}
