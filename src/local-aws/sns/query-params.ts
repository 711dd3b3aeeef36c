import { missing } from './errors.ts';

/**
 * Parameters of a request in the AWS query protocol: lists are `Name.member.1`, maps `Name.entry.1.key` with
 * `Name.entry.1.value`.
 */
export class QueryParams {
  readonly #form: URLSearchParams;
  readonly #path: string;

  constructor(form: URLSearchParams, path = '') {
    this.#form = form;
    this.#path = path;
  }

  text(name: string): string | undefined {
    return this.#form.get(this.#pathOf(name)) ?? undefined;
  }

  /** @throws AwsError ValidationError when it is absent */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw missing(name.slice(0, 1).toLowerCase() + name.slice(1));
    return value;
  }

  flag(name: string): boolean {
    return this.text(name)?.toLowerCase() === 'true';
  }

  /** The members of `Name.member` or the entries of `Name.entry`, by rising number. */
  items(name: string): readonly QueryParams[] {
    const path = `${this.#pathOf(name)}.`;
    const numbers = new Set<number>();
    for (const key of this.#form.keys()) {
      if (!key.startsWith(path)) continue;
      const number = /^[1-9]\d{0,5}(?=\.|$)/.exec(key.slice(path.length))?.[0];
      if (number !== undefined) numbers.add(Number(number));
    }
    return [...numbers]
      .sort((a, b) => a - b)
      .map((number) => new QueryParams(this.#form, path + String(number)));
  }

  texts(name: string): readonly string[] {
    return this.items(`${name}.member`).map((item) => item.#form.get(item.#path) ?? '');
  }

  map(name: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.items(`${name}.entry`).map((entry) => [entry.required('key'), entry.text('value') ?? '']),
    );
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}
