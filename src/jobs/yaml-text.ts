import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
} from 'yaml';
import { oneLine } from './evidence-text.ts';
import { type DocumentPrefix, type Path, type Problem, showValue } from './job-problem.ts';
import { JOB_BOUNDS } from './json-value.ts';
import type { Json } from './training-request.ts';
import { explainSyntax } from './yaml-syntax.ts';

export interface Position {
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

/** What a text should hold, for messages. */
export interface DocumentKind {
  readonly prefix: DocumentPrefix;
  /** `job` */
  readonly noun: string;
  /** The least that a document has, as what is allowed. */
  readonly least: string;
}

const JOB: DocumentKind = {
  prefix: 'JOB',
  noun: 'job',
  least: 'one job, a mapping that has at least the key training',
};

export interface YamlDocument {
  readonly value: Json;
  /** Where a key, or its value, stands; for a path that does not exist, the nearest thing around it that does. */
  position(path: Path, part: 'key' | 'value'): Position;
}

export interface YamlText extends YamlDocument {
  /** What the document holds; null when there are problems. */
  readonly value: Json;
  readonly problems: readonly Problem[];
}

/** More errors than this follow from one another. */
const MOST_SYNTAX_ERRORS = 5;

/**
 * Reads one YAML 1.2 document with the core schema, or JSON. Beyond what YAML itself forbids, it refuses what a job file
 * cannot mean: tags, keys that are not text, merge keys, several documents, and whatever exceeds JOB_BOUNDS, aliases
 * expanded.
 */
export function readYaml(text: string): YamlText {
  const { documents, problems } = new Reading(JOB, 'one').read(text);
  const [document] = documents;
  if (document !== undefined && problems.length === 0) return { ...document, problems };
  return { value: null, problems, position: () => ({ line: 1, column: 1 }) };
}

/** As readYaml, for a text that may hold several documents, separated by `---`. With problems there are no documents. */
export function readYamlDocuments(
  text: string,
  kind: DocumentKind,
): { readonly documents: readonly YamlDocument[]; readonly problems: readonly Problem[] } {
  const { documents, problems } = new Reading(kind, 'several').read(text);
  return { documents: problems.length === 0 ? documents : [], problems };
}

interface Place {
  /** Offsets in the text. A list's entry has no key of its own: its value's offset. */
  readonly key: number;
  readonly value: number;
}

class Reading {
  readonly #problems: Problem[] = [];
  readonly #lines = new LineCounter();
  readonly #kind: DocumentKind;
  readonly #several: boolean;
  /** Of the document that is being read. */
  #places = new Map<string, Place>();
  #anchors = new Map<string, Node>();
  #start = 0;
  #budget: number = JOB_BOUNDS.values;

  constructor(kind: DocumentKind, many: 'one' | 'several') {
    this.#kind = kind;
    this.#several = many === 'several';
  }

  read(text: string): { readonly documents: readonly YamlDocument[]; readonly problems: readonly Problem[] } {
    return { documents: this.#read(text), problems: this.#problems };
  }

  #read(text: string): readonly YamlDocument[] {
    if (text.length > JOB_BOUNDS.characters) {
      const what = `the file has ${text.length} characters`;
      this.#refuse('FILE_UNREADABLE', 0, what, { allowed: `at most ${JOB_BOUNDS.characters}` });
      return [];
    }
    const binary = /[\u0000-\u0008\u000e-\u001f\ufffd]/.exec(text);
    if (binary !== null) {
      this.#countLines(text.slice(0, binary.index));
      this.#refuse('FILE_UNREADABLE', binary.index, 'the file is not UTF-8 text', {
        allowed: 'letters, digits and other printable characters in UTF-8',
        hint: 'Save it as UTF-8.',
      });
      return [];
    }
    const tokens = [...new Parser(this.#lines.addNewLine).parse(text)];
    // Composing recurses: on a deep enough stack Node's regular expressions abort the process, beyond any catch.
    const deep = tooDeep(tokens);
    if (deep !== undefined) {
      this.#refuseDepth(deep);
      return [];
    }
    return this.#documents(tokens, text);
  }

  /** For problems that are found before the parser counts the lines. */
  #countLines(text: string): void {
    this.#lines.addNewLine(0);
    for (const { index } of text.matchAll(/\n/g)) this.#lines.addNewLine(index + 1);
  }

  #documents(tokens: readonly CST.Token[], text: string): readonly YamlDocument[] {
    const composer = new Composer({
      schema: 'core',
      version: '1.2',
      merge: false,
      resolveKnownTags: false,
      // Comparing all pairs of keys takes seconds on a large file; #mapping does it with a set.
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    const documents = [...composer.compose(tokens, true, text.length)];
    const errors = documents.flatMap((document) => [...document.errors, ...document.warnings]);
    // One slip may make several errors of the parser, which people would read as the same.
    const said = new Set<string>();
    for (const error of errors.slice(0, MOST_SYNTAX_ERRORS)) {
      const { what, ...details } = explainSyntax(error, text);
      const saying = `${this.#lines.linePos(error.pos[0]).line} ${what}`;
      if (!said.has(saying)) this.#refuse('FILE_SYNTAX', error.pos[0], what, details);
      said.add(saying);
    }
    if (errors.length > 0) return [];
    const { noun, least } = this.#kind;
    const contents = documents
      .map((document) => document.contents)
      .filter((content) => content !== null && !(isScalar(content) && content.source === ''));
    const [first, second] = contents;
    if (first === undefined || first === null) {
      this.#refuse('FILE_UNREADABLE', 0, `the file holds no ${noun}, only blanks or comments`, {
        allowed: least,
      });
      return [];
    }
    if (second !== undefined && second !== null && !this.#several) {
      const hint = `Write each ${noun} into a file of its own.`;
      this.#refuse('FILE_UNREADABLE', offsetOf(second), 'the file holds a second document', {
        allowed: `one ${noun} per file`,
        hint,
      });
      return [];
    }
    return contents.map((content) => this.#document(content));
  }

  #document(contents: unknown): YamlDocument {
    const places = new Map<string, Place>();
    const start = offsetOf(contents);
    this.#places = places;
    this.#anchors = new Map();
    this.#start = start;
    return {
      value: this.#node(contents, []),
      position: (path, part) => {
        for (let length = path.length; length > 0; length--) {
          const place = places.get(JSON.stringify(path.slice(0, length)));
          if (place !== undefined)
            return this.#at(part === 'value' && length === path.length ? place.value : place.key);
        }
        return this.#at(start);
      },
    };
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #node(node: unknown, path: Path): Json {
    this.#budget -= 1;
    if (this.#budget < 0) {
      if (this.#budget === -1) {
        const what = `the ${this.#kind.noun} holds more than ${JOB_BOUNDS.values} values, aliases expanded`;
        this.#refuse('FILE_UNREADABLE', this.#start, what, { allowed: `at most ${JOB_BOUNDS.values}` });
      }
      return null;
    }
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target !== undefined) return this.#node(target, path);
      const what = `the alias *${oneLine(node.source).slice(0, 60)} has no anchor before it`;
      return this.#refuse('FILE_SYNTAX', offsetOf(node), what, {
        allowed: '*name behind a &name',
        hint: 'Text that begins with * needs quotes.',
      });
    }
    if (path.length >= JOB_BOUNDS.depth && !isScalar(node)) return this.#refuseDepth(offsetOf(node));
    if (isMap(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
      return this.#mapping(node.items, path);
    }
    if (isSeq(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
      return node.items.map((item, index) => {
        const offset = offsetOf(item);
        this.#places.set(JSON.stringify([...path, index]), { key: offset, value: offset });
        return this.#node(item, [...path, index]);
      });
    }
    if (!isScalar(node)) return null;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    const { value } = node;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null;
  }

  #mapping(pairs: readonly Pair[], path: Path): Json {
    const members = new Map<string, Json>();
    const firstAt = new Map<string, number>();
    for (const { key, value } of pairs) {
      const offset = offsetOf(key);
      if (!isScalar(key) || typeof key.value !== 'string') {
        const shown = isScalar(key)
          ? `${showValue(key.value)} is a key, but`
          : 'a list or mapping is a key, but';
        this.#refuse(
          'FILE_SYNTAX',
          offset,
          `${shown} keys have to be text`,
          { allowed: 'text as a key', hint: 'Write the key in quotes.' },
          path,
        );
        continue;
      }
      const name = key.value;
      const inner = [...path, name];
      const earlier = firstAt.get(name);
      if (earlier !== undefined) {
        const what = `the key occurs twice, first in line ${this.#lines.linePos(earlier).line}`;
        const allowed = 'each key once in a mapping';
        this.#refuse('FILE_SYNTAX', offset, what, { allowed, hint: 'Keep one of the two.' }, inner);
        continue;
      }
      if (name === '<<') {
        const details = {
          allowed: 'keys that are written out, and an alias for a whole value',
          hint: 'Write the keys out.',
        };
        this.#refuse('FILE_SYNTAX', offset, 'merge keys (<<) do not exist in YAML 1.2', details, path);
        continue;
      }
      firstAt.set(name, offset);
      const simple = isScalar(value) && value.range !== null && value.range !== undefined;
      this.#places.set(JSON.stringify(inner), { key: offset, value: simple ? offsetOf(value) : offset });
      members.set(name, this.#node(value, inner));
    }
    return Object.fromEntries(members);
  }

  #refuseDepth(offset: number): null {
    const what = `the ${this.#kind.noun} is nested more than ${JOB_BOUNDS.depth} levels deep here`;
    return this.#refuse('FILE_UNREADABLE', offset, what, { allowed: `at most ${JOB_BOUNDS.depth}` });
  }

  #refuse(
    fault: 'FILE_UNREADABLE' | 'FILE_SYNTAX',
    offset: number,
    what: string,
    details: Pick<Problem, 'allowed' | 'hint'>,
    path: Path = [],
  ): null {
    const code: Problem['code'] = `${this.#kind.prefix}_${fault}`;
    this.#problems.push({ severity: 'error', code, path, what, ...details, ...this.#at(offset) });
    return null;
  }
}

/** Offset of the first thing that is nested too deeply. Without recursion, so that no input exhausts the stack. */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  const stack = tokens.map((token) => ({ token, depth: 0 }));
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { token, depth } = entry;
    if (depth > JOB_BOUNDS.depth && 'items' in token) return token.offset;
    const inner: (CST.Token | null | undefined)[] = token.type === 'document' ? [token.value] : [];
    if ('items' in token) inner.push(...token.items.flatMap((item) => [item.key, item.value]));
    for (const next of inner) if (next) stack.push({ token: next, depth: depth + 1 });
  }
  return undefined;
}

function offsetOf(node: unknown): number {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
}
