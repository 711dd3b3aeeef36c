import type { ErrorCode, YAMLError } from 'yaml';
import { oneLine } from './evidence-text.ts';
import { type Problem, showValue } from './job-problem.ts';

type Explanation = Pick<Problem, 'what' | 'allowed' | 'hint'>;

/** What the YAML parser objects to, in the words of somebody who writes a job file. */
export function explainSyntax(error: Pick<YAMLError, 'code' | 'message' | 'pos'>, text: string): Explanation {
  const found = text.slice(...error.pos).split('\n', 1)[0] ?? '';
  return explain(error.code, error.message, found.trim() === '' ? 'this' : showValue(found.trim()));
}

function explain(code: ErrorCode, message: string, found: string): Explanation {
  switch (code) {
    case 'TAB_AS_INDENT':
      return {
        what: 'a tab is used as indentation',
        allowed: 'spaces',
        hint: 'Indent with spaces.',
      };
    case 'BAD_INDENT':
      if (message.includes('end with')) return missing(message);
      return {
        what: 'the indentation does not fit to what is around it',
        allowed: 'keys of one mapping, and entries of one list, that begin in the same column',
      };
    case 'UNEXPECTED_TOKEN':
      return {
        what: `${found} cannot stand here`,
        allowed: 'one value after each key, and a closing bracket or brace for each opening one',
        hint: 'Text with a special character in it needs quotes around all of it.',
      };
    case 'MISSING_CHAR':
      return missing(message);
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        what: 'a mapping or list begins inside a value of the same line',
        allowed: 'one "key: value" per line, or { } and [ ] around what is inside',
        hint: 'A value that contains a colon and a space needs quotes.',
      };
    case 'BLOCK_IN_FLOW':
      return {
        what: 'an indented mapping or list stands inside { } or [ ]',
        allowed: '{ } and [ ] inside of { } and [ ]',
      };
    case 'MULTILINE_IMPLICIT_KEY':
    case 'KEY_OVER_1024_CHARS':
      return {
        what: 'this key has no colon on its line, or is very long',
        allowed: 'a key and its colon on one line, within 1024 characters',
        hint: 'Put a colon and a space after the key, and check the indentation of this line and the next.',
      };
    case 'BAD_DQ_ESCAPE':
      return {
        what: 'this backslash begins no escape that exists',
        allowed: 'in double quotes \\n, \\t, \\", \\\\ and the other escapes of JSON',
        hint: 'In single quotes a backslash is a backslash: write Windows paths in single quotes.',
      };
    case 'BAD_SCALAR_START':
      return {
        what: `${found} begins with a character that YAML reserves`,
        allowed: 'text that begins with none of @ ` %, or is in quotes',
        hint: 'Put the value in quotes.',
      };
    case 'TAG_RESOLVE_FAILED':
    case 'MULTIPLE_TAGS':
    case 'BAD_COLLECTION_TYPE':
      return {
        what: `${found} is a tag`,
        allowed: 'values without tags',
        hint: 'Leave the tag out, or put text that begins with ! in quotes.',
      };
    case 'ALIAS_PROPS':
    case 'BAD_ALIAS':
    case 'BAD_PROP_ORDER':
    case 'MULTIPLE_ANCHORS':
      return {
        what: 'an anchor (&) or alias (*) cannot be written like this',
        allowed: '"key: &name value" once, and "other: *name" after it',
        hint: 'Text that begins with & or * needs quotes.',
      };
    case 'BAD_DIRECTIVE':
      return {
        what: `${found} is no directive that exists`,
        allowed: 'no directive, or %YAML 1.2',
      };
    case 'DUPLICATE_KEY':
    case 'NON_STRING_KEY':
    case 'MULTIPLE_DOCS':
    case 'RESOURCE_EXHAUSTION':
    case 'IMPOSSIBLE':
      // Not raised as the parser is used here; whatever a later version means by them, its own words say most.
      return { what: oneLine(message).slice(0, 200), allowed: 'YAML 1.2 or JSON' };
  }
}

function missing(message: string): Explanation {
  if (message.includes('quote')) {
    return { what: 'a quote never ends', allowed: 'text between two quotes of the same kind' };
  }
  if (message.includes('end with')) {
    return {
      what: 'a closing bracket or brace is missing',
      allowed: 'a ] for each [ and a } for each {, indented deeper than the key before it',
    };
  }
  if (message.includes(' or : ') || message.includes('Missing ,')) {
    return {
      what: 'a comma or a colon is missing',
      allowed: '{ key: value, key: value } and [entry, entry]',
      hint: 'Text with a special character in it needs quotes around all of it.',
    };
  }
  if (message.includes('map values') || message.includes('indicator')) {
    return {
      what: 'this line is neither a key with its value nor an entry of a list',
      allowed: '"key: value", or "- entry"',
      hint: 'Put a space after the colon or dash; indent the lines of a longer text deeper than its key.',
    };
  }
  return {
    what: 'a space or a line break is missing',
    allowed: 'a space before # and after a colon, a dash, an anchor or a tag',
  };
}
