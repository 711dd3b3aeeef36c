import type { Command } from 'commander';
import type { ConnectOptions } from '../client/index.ts';
import { connectOptions, type GlobalOptions } from './global-options.ts';
import { paintWith, wantsColour, type Paint } from './print/colour.ts';
import { formatError } from './print/error.ts';
import type { OutputFormat } from './print/output-format.ts';
import { formatTime } from './print/time.ts';
import type { Terminal, Trainyard } from './terminal.ts';

/** One run of the command line: its terminal, its connection, and the code that it will end with. */
export class Session {
  readonly terminal: Terminal;
  /** The command line, word by word. */
  readonly words: readonly string[];
  /** What the process ends with: set by commands whose outcome is more than "no error". */
  exitCode = 0;
  #globals: GlobalOptions = { color: 'auto', timeFormat: 'relative' };
  #client: Promise<Trainyard> | undefined;

  constructor(terminal: Terminal, words: readonly string[]) {
    this.terminal = terminal;
    this.words = words;
  }

  /** Set once the command line is parsed. */
  use(globals: GlobalOptions): void {
    this.#globals = globals;
  }

  get connectOptions(): ConnectOptions {
    return connectOptions(this.#globals);
  }

  /** Connects at the first call. */
  async client(): Promise<Trainyard> {
    this.#client ??= this.terminal.connect(this.connectOptions);
    return await this.#client;
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    await client?.close();
  }

  /** Results. */
  print(text: string): void {
    this.terminal.stdout.write(text);
  }

  /** Talk: progress, hints, warnings. One line. */
  say(text: string): void {
    this.terminal.stderr.write(`${text}\n`);
  }

  /** An error that does not end the command: text, or for JSON outputs a line of JSON. */
  sayError(error: unknown, output: OutputFormat): void {
    const json = output === 'json' || output === 'jsonl';
    this.terminal.stderr.write(formatError(error, { json, paint: this.paintTalk, env: this.terminal.env }));
  }

  /** Colours for stdout. */
  get paint(): Paint {
    return this.#paintFor(this.terminal.stdout.isTTY);
  }

  /** Colours for stderr. */
  get paintTalk(): Paint {
    return this.#paintFor(this.terminal.stderr.isTTY);
  }

  /** A time in the format that the user chose. */
  time(ms: number): string {
    return formatTime(ms, this.#globals.timeFormat, this.terminal.now());
  }

  /**
   * Runs something that Ctrl-C leaves rather than kills: the signal aborts, and the command says how to come back. A
   * second Ctrl-C ends the process as usual.
   */
  async interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const stop = this.terminal.onInterrupt(() => {
      stop();
      controller.abort(new Interrupted());
    });
    try {
      return await run(controller.signal);
    } finally {
      stop();
    }
  }

  #paintFor(isTTY: boolean): Paint {
    return paintWith(wantsColour(this.#globals.color, this.terminal.env, isTTY));
  }
}

/** The user pressed Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const sessions = new WeakMap<Command, Session>();

export function attachSession(program: Command, session: Session): void {
  sessions.set(program, session);
}

/** The session that a command runs in. */
export function sessionOf(command: Command): Session {
  const root = rootOf(command);
  const session = sessions.get(root);
  if (session === undefined) throw new TypeError(`${root.name()} was not started by runCli`);
  session.use(root.opts<GlobalOptions>());
  return session;
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
