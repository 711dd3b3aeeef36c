import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSns, type Sns, type SnsOptions } from '../../../src/local-aws/sns/index.ts';
import type { Mail } from '../../../src/local-aws/sns/mailbox.ts';

export type Params = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly xml: string;
  /** Texts of all elements of that name, in order. */
  all(element: string): readonly string[];
  /** `Code: message` of an error. */
  readonly error: string | undefined;
}

export const TOPIC = 'arn:aws:sns:us-east-1:111122223333:trainings';

/** SNS on a directory of its own, asked as the HTTP server asks it. */
export class SnsCaller {
  readonly dataDir: string;
  /** Epoch milliseconds; tests move it. */
  now = Date.UTC(2026, 10, 20);
  readonly log: string[] = [];
  readonly #options: Partial<SnsOptions>;
  #sns: Sns;

  private constructor(dataDir: string, options: Partial<SnsOptions>) {
    this.dataDir = dataDir;
    this.#options = options;
    this.#sns = this.#create();
  }

  /** @param copyOf data directory whose present content it begins with */
  static async open(options: Partial<SnsOptions> = {}, copyOf?: string): Promise<SnsCaller> {
    const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-sns-'));
    if (copyOf !== undefined) await cp(copyOf, dataDir, { recursive: true });
    return new SnsCaller(dataDir, options);
  }

  #create(): Sns {
    return createSns({
      dataDir: this.dataDir,
      region: 'us-east-1',
      accountId: '111122223333',
      endpointUrl: () => 'http://127.0.0.1:4590',
      now: () => this.now,
      log: (line) => this.log.push(line),
      ...this.#options,
    });
  }

  async ask(action: string, params: Params = {}): Promise<Answer> {
    const { status, xml } = await this.#sns.handle(action, new URLSearchParams(params));
    const all = (element: string): readonly string[] =>
      [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map((match) =>
        unescape(match[1] ?? ''),
      );
    return {
      status,
      xml,
      all,
      error: xml.startsWith('<ErrorResponse>')
        ? `${all('Code')[0] ?? ''}: ${all('Message')[0] ?? ''}`
        : undefined,
    };
  }

  /** Like ask, for what must work. */
  async do(action: string, params: Params = {}): Promise<Answer> {
    const answer = await this.ask(action, params);
    if (answer.error !== undefined) throw new Error(`${action}: ${answer.error}`);
    return answer;
  }

  /** A topic `trainings` with an e-mail subscription, whose ARN it returns. */
  async withMailTopic(attributes: Params = {}): Promise<string> {
    await this.do('CreateTopic', { Name: 'trainings' });
    const answer = await this.do('Subscribe', {
      TopicArn: TOPIC,
      Protocol: 'email',
      Endpoint: 'ana@example.com',
      ...mapParams('Attributes', attributes),
    });
    return answer.all('SubscriptionArn')[0] ?? '';
  }

  /** What is in the mailbox, once all deliveries are through. */
  async mails(): Promise<readonly Mail[]> {
    const path = join(this.dataDir, 'sns', 'mailbox.jsonl');
    const text = await readFile(path, 'utf8').catch(() => '');
    return text === ''
      ? []
      : text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Mail);
  }

  /** Ends it and begins anew on the same directory. */
  async restart(): Promise<void> {
    await this.#sns.close();
    this.#sns = this.#create();
  }

  async close(): Promise<void> {
    await this.#sns.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** `Name.entry.1.key`, ... */
export function mapParams(name: string, map: Params): Params {
  return Object.fromEntries(
    Object.entries(map).flatMap(([key, value], index) => [
      [`${name}.entry.${index + 1}.key`, key],
      [`${name}.entry.${index + 1}.value`, value],
    ]),
  );
}

export interface Attribute {
  readonly type?: string;
  readonly text?: string;
  readonly binary?: string;
}

export function attributeParams(attributes: Readonly<Record<string, Attribute>>, path = ''): Params {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { type, text, binary }], index) => {
      const entry = `${path}MessageAttributes.entry.${index + 1}`;
      return [
        [`${entry}.Name`, name],
        ...(type === undefined ? [] : [[`${entry}.Value.DataType`, type]]),
        ...(text === undefined ? [] : [[`${entry}.Value.StringValue`, text]]),
        ...(binary === undefined ? [] : [[`${entry}.Value.BinaryValue`, binary]]),
      ];
    }),
  ) as Params;
}

function unescape(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#xD;', '\r')
    .replaceAll('&amp;', '&');
}
