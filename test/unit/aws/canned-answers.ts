import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SNSClient } from '@aws-sdk/client-sns';

export interface CannedAnswer {
  readonly status?: number;
  readonly body: string;
}

export interface SentRequest {
  readonly host: string;
  /** `x-amz-target`, where there is one. */
  readonly target: string | undefined;
  readonly body: string;
}

interface Outgoing {
  readonly hostname: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** In the place of HTTP: what clients send, and the answers (or transport errors) that they get, in order. */
export class CannedAnswers {
  readonly sent: SentRequest[] = [];
  readonly #answers: (CannedAnswer | Error)[];

  constructor(...answers: (CannedAnswer | Error)[]) {
    this.#answers = answers;
  }

  readonly #handler = {
    handle: (request: Outgoing): Promise<{ response: object }> => {
      this.sent.push({
        host: request.hostname,
        target: request.headers['x-amz-target'],
        body: textOf(request.body),
      });
      const answer = this.#answers.shift();
      if (answer === undefined) return Promise.reject(new Error('there are no more answers'));
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({
        response: {
          statusCode: answer.status ?? 200,
          headers: {},
          body: new TextEncoder().encode(answer.body),
        },
      });
    },
  };

  #settings(region: string): object {
    return {
      region,
      credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'not-a-secret' },
      maxAttempts: 1,
      requestHandler: this.#handler,
    };
  }

  sageMaker(): SageMakerClient {
    return new SageMakerClient(this.#settings('us-east-1'));
  }

  sns(region: string): SNSClient {
    return new SNSClient(this.#settings(region));
  }
}

export const json = (value: unknown, status = 200): CannedAnswer => ({ status, body: JSON.stringify(value) });

function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : '';
}
