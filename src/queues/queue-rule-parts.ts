import { type Path, type Problem, showValue } from '../jobs/job-problem.ts';
import { nearest } from '../jobs/nearest.ts';
import { type Details, problem } from '../jobs/rule-parts.ts';

export const contradiction = (path: Path, what: string, details: Details = {}): Problem =>
  problem('QUEUE_CONTRADICTION', path, what, details);

/** A name that something else has to have: what is wrong, and which one was probably meant. */
export function unknownName(path: Path, kind: string, name: string, known: readonly string[]): Problem {
  const meant = nearest(name, known);
  return contradiction(path, `there is no ${kind} ${showValue(name)}`, {
    allowed:
      known.length === 0
        ? `nothing, as the queue has no ${kind}s`
        : [...new Set(known)].slice(0, 20).join(', '),
    ...(meant === undefined ? {} : { hint: `Did you mean "${meant}"?` }),
  });
}

/** An environment as it was written, in a queue file or in a QueueSpec. */
export interface WrittenEnvironment {
  readonly name: string;
  readonly path: Path;
  readonly limit: number | undefined;
}

/** Names that every JavaScript object answers to. */
const RESERVED = Object.getOwnPropertyNames(Object.prototype);

/** Of one kind, or of kinds that share their names. */
export function sameName(
  entries: readonly { readonly name: string; readonly path: Path }[],
  kind: string,
): Problem[] {
  const first = new Map<string, Path>();
  return entries.flatMap(({ name, path }) => {
    const place = [...path, 'name'];
    if (RESERVED.includes(name))
      return [
        problem('QUEUE_VALUE_INVALID', place, `${showValue(name)} is reserved`, {
          hint: 'Choose another name.',
        }),
      ];
    if (!first.has(name)) {
      first.set(name, path);
      return [];
    }
    return [
      contradiction(place, `${showValue(name)} is the name of another ${kind} already`, {
        allowed: `each name once`,
      }),
    ];
  });
}
