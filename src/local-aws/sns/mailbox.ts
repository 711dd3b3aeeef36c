import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One line of the mailbox: what would have been an e-mail. */
export interface Mail {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  readonly topicArn: string;
  readonly subscriptionArn: string;
  readonly unsubscribeUrl: string;
}

const MAX_BYTES = 64 * 1_048_576;

/**
 * The file that stands in for e-mail: one JSON object a line, oldest first. A file of 64 MiB is renamed to `<name>.1`, in
 * the place of an older one. Only its owner can read it: mails hold tokens. After a crash the last mails may be there twice; `messageId` tells.
 */
export class Mailbox {
  readonly #path: string;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when the mail is in the file. */
  async deliver(mail: Mail): Promise<void> {
    const delivered = this.#last.then(() => this.#append(mail));
    this.#last = delivered.catch(() => undefined);
    await delivered;
  }

  async #append(mail: Mail): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const size = await stat(this.#path).then(
      (stats) => stats.size,
      () => 0,
    );
    if (size > MAX_BYTES) await rename(this.#path, `${this.#path}.1`);
    await appendFile(this.#path, `${JSON.stringify(mail)}\n`, { mode: 0o600 });
  }
}
