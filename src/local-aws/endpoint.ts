import type { IncomingMessage } from 'node:http';
import type { Clock } from './clock.ts';
import type { Control } from './control/control.ts';
import type { RequestFault } from './faults/fault.ts';
import type { FaultBook } from './faults/fault-book.ts';
import type { Throttles } from './faults/throttles.ts';
import type { SageMaker } from './sagemaker/sagemaker.ts';
import type { Handled } from './server.ts';
import type { Sns } from './sns/index.ts';
import { handleSts, invalidAction } from './sts/sts.ts';
import { type Answer, awsJson, awsJsonError, plainJson, queryError, xml } from './wire/answer.ts';
import { AwsError, internalFailure, throttled, unknownOperation } from './wire/aws-error.ts';
import { readBody } from './wire/body.ts';
import { type Asked, askedBy, isControlPath } from './wire/operation.ts';
import type { RequestLog } from './wire/request-log.ts';
import { refusalOfWebPage } from './wire/web-page.ts';

export interface EndpointOptions {
  readonly sageMaker: SageMaker;
  readonly sns: Sns;
  readonly control: Control;
  readonly faults: FaultBook;
  readonly throttles: Throttles;
  readonly requests: RequestLog;
  readonly clock: Clock;
  readonly accountId: string;
  readonly log: (line: string) => void;
}

type AwsCall = Extract<Asked, { kind: 'json' | 'query' }>;

/**
 * Every request of the one port: reads it, refuses it if a web page sent it, lets faults and throttles have their way, and
 * passes it to its service.
 */
export class Endpoint {
  readonly #options: EndpointOptions;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, requestId: string): Promise<Handled> {
    let body: string;
    try {
      body = await readBody(request);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const kind = isControlPath(request.url ?? '/') ? 'control' : 'unknown';
      return errorAnswer({ kind }, error, requestId);
    }
    const asked = askedBy(request, body);
    const refusal = refusalOfWebPage(request.headers);
    if (refusal !== undefined) return errorAnswer(asked, refusal, requestId);
    switch (asked.kind) {
      case 'control':
        return this.#options.control.handle(request, body);
      case 'health':
        return plainJson(200, { status: 'ok', services: ['sagemaker', 'sns', 'sts'], control: '/_local' });
      case 'json':
      case 'query':
        return this.#call(asked, body, requestId);
      case 'unknown':
        return awsJsonError(unknownOperation(404));
    }
  }

  async #call(call: AwsCall, body: string, requestId: string): Promise<Handled> {
    const { requests, faults, clock, throttles } = this.#options;
    const job = trainingJobNameIn(call, body);
    const answered = requests.received({
      operation: call.operation,
      at: clock.now(),
      ...(job === undefined ? {} : { job }),
    });
    const struck = faults.strikeRequest(call.operation, job);
    try {
      if (struck.some((fault) => fault.kind === 'lostRequest')) {
        answered({ status: 0 });
        return 'reset';
      }
      if (!throttles.allows(call.operation, clock.now())) throw throttled();
      refuse(struck);
      const answer = await this.#answer(call, body, requestId);
      await this.#delay(struck);
      if (struck.some((fault) => fault.kind === 'lostAnswer')) {
        answered({ status: 0 });
        return 'reset';
      }
      answered({ status: answer.status });
      return answer;
    } catch (error) {
      const known = error instanceof AwsError ? error : this.#unexpected(error, requestId);
      answered({ status: known.status, error: known.code });
      await this.#delay(struck);
      return errorAnswer(call, known, requestId);
    }
  }

  async #answer(call: AwsCall, body: string, requestId: string): Promise<Answer> {
    const { sageMaker, sns, accountId } = this.#options;
    if (call.kind === 'json') {
      if (call.service !== 'SageMaker') throw unknownOperation();
      return awsJson(await sageMaker.handle(call.operation, body));
    }
    switch (call.service) {
      case 'sns': {
        const answer = await sns.handle(call.operation, call.form);
        return xml(answer.status, answer.xml);
      }
      case 'sts':
        return xml(200, handleSts(call.operation, accountId, requestId));
      case undefined:
        throw invalidAction(call.operation, call.form.get('Version') ?? '(none)');
    }
  }

  #unexpected(error: unknown, requestId: string): AwsError {
    this.#options.log(
      `request ${requestId} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return internalFailure();
  }

  async #delay(struck: readonly RequestFault[]): Promise<void> {
    const seconds = struck.reduce((sum, fault) => sum + (fault.kind === 'slow' ? fault.seconds : 0), 0);
    if (seconds > 0)
      await new Promise<void>((resolve) => this.#options.clock.after(seconds * 1_000, resolve));
  }
}

/** In the form of what was asked. */
function errorAnswer({ kind }: Pick<Asked, 'kind'>, error: AwsError, requestId: string): Answer {
  switch (kind) {
    case 'control':
    case 'health':
      return plainJson(error.status, { error: error.message });
    case 'query':
      return queryError(error, requestId);
    case 'json':
    case 'unknown':
      return awsJsonError(error);
  }
}

/** @throws AwsError for the first fault that answers with an error */
function refuse(struck: readonly RequestFault[]): void {
  for (const fault of struck) {
    if (fault.kind === 'throttle') throw throttled();
    if (fault.kind === 'error') throw new AwsError(fault.code, fault.message, fault.status);
  }
}

/** For faults and the request log, before the request is checked. */
function trainingJobNameIn(call: AwsCall, body: string): string | undefined {
  if (call.kind !== 'json') return undefined;
  const text = /"TrainingJobName"\s*:\s*("(?:[^"\\]|\\.){0,256}")/.exec(body)?.[1];
  try {
    return text === undefined ? undefined : String(JSON.parse(text));
  } catch {
    return undefined;
  }
}
