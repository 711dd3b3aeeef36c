import { globMatches } from '../glob.ts';

/** Requests that are remembered one by one; counts go on beyond. */
const MAX_REQUESTS = 20_000;
/** Clients choose what they call operations and jobs; neither may fill the memory. */
const MAX_NAME = 128;
const MAX_OPERATIONS = 1_000;
const OTHERS = '(others)';

export interface LoggedRequest {
  readonly operation: string;
  /** When it was received, epoch milliseconds. */
  readonly at: number;
  /** Training job that it names. */
  readonly job?: string;
  /** HTTP status of the answer; 0 when the connection was reset instead; absent while it is under way. */
  readonly status?: number;
  /** AWS's error name. */
  readonly error?: string;
}

/** What the endpoint received, newest `MAX_REQUESTS` of it. The control path and health checks are not counted. */
export class RequestLog {
  #requests: LoggedRequest[] = [];
  #counts = new Map<string, number>();

  /** @returns what records the answer */
  received(request: LoggedRequest): (answer: { readonly status: number; readonly error?: string }) => void {
    const name = request.operation.slice(0, MAX_NAME);
    const operation = this.#counts.has(name) || this.#counts.size < MAX_OPERATIONS ? name : OTHERS;
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
    const entry: { -readonly [K in keyof LoggedRequest]: LoggedRequest[K] } = { ...request, operation };
    this.#requests.push(entry);
    if (this.#requests.length > 2 * MAX_REQUESTS) this.#requests = this.#requests.slice(-MAX_REQUESTS);
    return (answer) => {
      entry.status = answer.status;
      if (answer.error !== undefined) entry.error = answer.error;
    };
  }

  /** `count` is exact for an operation; with the other filters it counts what is remembered. */
  query(filter: {
    readonly operation?: string;
    readonly job?: string;
    readonly since?: number;
    readonly limit?: number;
  }): {
    readonly count: number;
    readonly times: readonly number[];
    readonly requests: readonly LoggedRequest[];
  } {
    const { operation = '*', job, since = 0, limit = 1_000 } = filter;
    const found = this.#requests
      .slice(-MAX_REQUESTS)
      .filter(
        (request) =>
          globMatches(operation, request.operation) &&
          request.at >= since &&
          (job === undefined || globMatches(job, request.job ?? '')),
      );
    const total = [...this.#counts].reduce(
      (sum, [name, n]) => sum + (globMatches(operation, name) ? n : 0),
      0,
    );
    const newest = limit === 0 ? [] : found.slice(-limit);
    return {
      count: job === undefined && since === 0 ? total : found.length,
      times: newest.map((request) => request.at),
      requests: newest,
    };
  }

  clear(): void {
    this.#requests = [];
    this.#counts.clear();
  }
}
