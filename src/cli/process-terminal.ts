import { setTimeout as sleep } from 'node:timers/promises';
import { createInterface } from 'node:readline/promises';
import { isatty, type WriteStream } from 'node:tty';
import type { OutputStream, Terminal } from './terminal.ts';

/** A specification of this size is a mistake, not a job; src/jobs refuses far smaller ones with a better message. */
const MAX_STDIN_BYTES = 64 * 1024 * 1024;

/** The process's own terminal. */
export function processTerminal(): Terminal {
  return {
    stdout: outputStream(process.stdout),
    stderr: outputStream(process.stderr),
    stdin: { isTTY: isatty(0), read: readStdin, ask },
    env: process.env,
    cwd: process.cwd(),
    now: () => Date.now(),
    sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
    onInterrupt: (callback) => {
      process.on('SIGINT', callback);
      return () => {
        process.off('SIGINT', callback);
      };
    },
    // Imported late: --help and completion need neither gRPC nor protobuf.
    connect: async (options) => {
      const { TrainyardClient } = await import('../client/index.ts');
      return await TrainyardClient.connect(options);
    },
  };
}

/** A reader that goes away (`| head`) is no error: the rest of the output is dropped. */
function outputStream(stream: WriteStream & { readonly fd: number }): OutputStream {
  const isTTY = isatty(stream.fd);
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
  });
  return {
    write: (text) => {
      if (!gone) stream.write(text);
    },
    isTTY,
    get columns() {
      return isTTY ? stream.columns : undefined;
    },
  };
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const buffer = Buffer.from(chunk as Uint8Array);
    bytes += buffer.length;
    if (bytes > MAX_STDIN_BYTES) break;
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function ask(question: string): Promise<string> {
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await readline.question(question);
  } finally {
    readline.close();
  }
}
