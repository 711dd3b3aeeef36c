import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { isRecord } from '../config/load.ts';
import { type Fault, faultSchema } from '../faults/fault.ts';
import type { FaultBook } from '../faults/fault-book.ts';
import { secondaryStatus } from '../sagemaker/job.ts';
import type { JobStore } from '../sagemaker/job-store.ts';
import type { TrainingJobs } from '../sagemaker/training-jobs.ts';
import { type Answer, plainJson } from '../wire/answer.ts';
import type { RequestLog } from '../wire/request-log.ts';

export interface ControlOptions {
  readonly config: LiveConfig;
  readonly faults: FaultBook;
  readonly jobs: TrainingJobs;
  readonly store: JobStore;
  readonly requests: RequestLog;
}

/** A request to the control path that cannot be done. */
class ControlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Route {
  readonly method: string;
  /** Below `/_local`; a segment that begins with `:` takes any text. */
  readonly path: string;
  readonly what: string;
  readonly run: (call: {
    readonly args: readonly string[];
    readonly query: URLSearchParams;
    readonly body: () => unknown;
  }) => unknown;
}

/** The control path: how tests and operators change the endpoint while it runs. docs/local-aws.md describes it. */
export class Control {
  readonly #routes: readonly Route[];

  constructor(options: ControlOptions) {
    const { config, faults, jobs, store, requests } = options;
    const configView = (): unknown => ({
      config: config.current,
      ...(config.fileError && { fileError: config.fileError }),
    });
    this.#routes = [
      {
        method: 'GET',
        path: '',
        what: 'this list',
        run: () => this.#routes.map(({ method, path, what }) => ({ method, path: `/_local${path}`, what })),
      },
      { method: 'GET', path: '/config', what: 'the config in force', run: configView },
      {
        method: 'PATCH',
        path: '/config',
        what: 'change the config (JSON merge patch)',
        run: ({ body }) => {
          config.patch(objectIn(body()));
          return configView();
        },
      },
      {
        method: 'PUT',
        path: '/config',
        what: 'replace the config',
        run: ({ body }) => {
          config.replace(objectIn(body()));
          return configView();
        },
      },
      {
        method: 'GET',
        path: '/instances',
        what: 'capacity and quotas, and what is used',
        run: () => jobs.pool.view(),
      },
      {
        method: 'PATCH',
        path: '/instances',
        what: 'change capacity and quotas: PATCH /_local/config of the key `instances`',
        run: ({ body }) => {
          config.patch({ instances: objectIn(body()) });
          return jobs.pool.view();
        },
      },
      {
        method: 'GET',
        path: '/faults',
        what: 'the faults and how often they struck',
        run: () => faults.list(),
      },
      {
        method: 'POST',
        path: '/faults',
        what: 'add a fault, or a list of them',
        run: ({ body }) => faultsIn(body()).map((fault) => faults.add(fault)),
      },
      { method: 'DELETE', path: '/faults', what: 'remove all faults', run: () => faults.clear() },
      {
        method: 'DELETE',
        path: '/faults/:id',
        what: 'remove a fault',
        run: ({ args: [id = ''] }) => {
          if (!faults.remove(id)) throw new ControlError(404, `There is no fault ${id}.`);
        },
      },
      {
        method: 'POST',
        path: '/jobs/:glob/interrupt',
        what: 'take the spot instances of matching jobs away',
        run: ({ args: [glob = ''] }) => ({ jobs: jobs.interruptSpot(glob) }),
      },
      {
        method: 'POST',
        path: '/jobs/:glob/crash',
        what: 'let the instances of matching jobs die (InternalServerError)',
        run: ({ args: [glob = ''] }) => ({ jobs: jobs.crash(glob) }),
      },
      {
        method: 'GET',
        path: '/jobs',
        what: 'all training jobs, in short',
        run: () =>
          [...store.all()].map((job) => ({
            name: job.name,
            status: job.state.status,
            secondaryStatus: secondaryStatus(job.state),
            phase: job.state.phase.kind,
            incarnation: job.state.incarnation,
            instances: job.state.instances,
          })),
      },
      {
        method: 'GET',
        path: '/requests',
        what: 'received requests; ?operation=GLOB&job=GLOB&since=EPOCH_MS&limit=N',
        run: ({ query }) => requests.query(requestFilterIn(query)),
      },
      {
        method: 'DELETE',
        path: '/requests',
        what: 'forget the received requests',
        run: () => requests.clear(),
      },
    ];
  }

  handle(request: Pick<IncomingMessage, 'method' | 'url'>, body: string): Answer {
    try {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const path = url.pathname.replace(/^\/_local/, '').replace(/\/$/, '');
      const found = this.#routes.flatMap((route) => {
        const args = match(route.path, path);
        return args === undefined ? [] : [{ route, args }];
      });
      if (found.length === 0)
        throw new ControlError(404, `There is no ${url.pathname}; GET /_local lists what there is.`);
      const chosen = found.find(({ route }) => route.method === request.method);
      if (chosen === undefined) {
        const methods = found.map(({ route }) => route.method).join(', ');
        throw new ControlError(405, `${url.pathname} allows ${methods}.`);
      }
      const result = chosen.route.run({
        args: chosen.args,
        query: url.searchParams,
        body: () => parse(body),
      });
      return plainJson(200, result ?? {});
    } catch (error) {
      if (error instanceof ControlError) return plainJson(error.status, { error: error.message });
      if (error instanceof TrainyardError)
        return plainJson(400, { error: error.message, code: error.code, hint: error.hint });
      throw error;
    }
  }
}

function match(pattern: string, path: string): readonly string[] | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const args: string[] = [];
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? '';
    if (part.startsWith(':') && text !== '') args.push(decode(text));
    else if (part !== text) return undefined;
  }
  return args;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ControlError(400, `"${text}" is not a valid part of an address.`);
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ControlError(400, 'The request body is not valid JSON.');
  }
}

function objectIn(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw new ControlError(400, 'The request body must be a JSON object.');
  return value;
}

function faultsIn(value: unknown): readonly Fault[] {
  const result = z
    .array(faultSchema)
    .min(1)
    .safeParse(Array.isArray(value) ? value : [value]);
  if (result.success) return result.data;
  throw new ControlError(400, z.prettifyError(result.error));
}

function requestFilterIn(query: URLSearchParams): {
  operation?: string;
  job?: string;
  since?: number;
  limit?: number;
} {
  const known = ['operation', 'job', 'since', 'limit'];
  const stranger = [...query.keys()].find((key) => !known.includes(key));
  if (stranger !== undefined)
    throw new ControlError(400, `Unknown parameter ${stranger}; allowed are ${known.join(', ')}.`);
  const text = (key: string): Record<string, string> => {
    const value = query.get(key);
    return value === null ? {} : { [key]: value };
  };
  const number = (key: string): Record<string, number> => {
    const value = query.get(key);
    if (value === null) return {};
    if (!/^\d+(\.\d+)?$/.test(value)) throw new ControlError(400, `${key} must be a number.`);
    return { [key]: Number(value) };
  };
  return { ...text('operation'), ...text('job'), ...number('since'), ...number('limit') };
}
