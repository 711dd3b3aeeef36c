import type { TrainyardClient, ConnectOptions } from '../client/index.ts';

/** What commands use of the client; tests hand in their own. */
export type Trainyard = Pick<TrainyardClient, keyof TrainyardClient>;

export interface OutputStream {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Cells; undefined when the stream is no terminal. */
  readonly columns: number | undefined;
}

/** The world around a command line: everything that a command reads or writes besides files. */
export interface Terminal {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: {
    readonly isTTY: boolean;
    read(): Promise<string>;
    ask(question: string): Promise<string>;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  now(): number;
  /** Resolves after some milliseconds; rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back at Ctrl-C instead of ending the process, until the returned function is called. */
  onInterrupt(callback: () => void): () => void;
  connect(options: ConnectOptions): Promise<Trainyard>;
}
