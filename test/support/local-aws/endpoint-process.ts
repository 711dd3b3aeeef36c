import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import type { LocalAwsConfig } from '../../../src/local-aws/index.ts';

const checkout = join(import.meta.dirname, '../../..');

/** The endpoint as plain JavaScript, so that a process of its own can run it and be killed. */
export interface CompiledEndpoint {
  /** Starts it on a data directory; resolves when it answers. */
  start(dataDir: string, config: LocalAwsConfig, port?: number): Promise<EndpointProcess>;
  remove(): Promise<void>;
}

export interface EndpointProcess {
  readonly url: string;
  readonly port: number;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
}

export async function compileEndpoint(): Promise<CompiledEndpoint> {
  const directory = await mkdtemp(join(tmpdir(), 'trainyard-endpoint-'));
  await symlink(join(checkout, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  for (const folder of ['local-aws', 'jobs']) {
    const names = await readdir(join(checkout, 'src', folder), { recursive: true, withFileTypes: true });
    for (const entry of names.filter((one) => one.isFile())) {
      await compile(
        join(entry.parentPath, entry.name),
        join(directory, entry.parentPath.slice(join(checkout, 'src').length), entry.name),
      );
    }
  }
  await compile(join(checkout, 'src/process-alive.ts'), join(directory, 'process-alive.ts'));
  return {
    async start(dataDir, config, port = 0) {
      const script = [
        `import { startLocalAws } from '${directory}/local-aws/index.js';`,
        `const options = ${JSON.stringify({ dataDir, config, port })};`,
        `const aws = await startLocalAws({ ...options, log: (line) => console.error(line) });`,
        `console.log(JSON.stringify({ url: aws.url, port: aws.port }));`,
      ].join('\n');
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        cwd: directory,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const { url, port: listening } = JSON.parse(await firstLine(child)) as { url: string; port: number };
      return {
        url,
        port: listening,
        async kill() {
          const gone = once(child, 'exit');
          child.kill('SIGKILL');
          await gone;
        },
      };
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

async function compile(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if (!source.endsWith('.ts')) return copyFile(source, target);
  const { outputText } = ts.transpileModule(await readFile(source, 'utf8'), {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  await writeFile(target.replace(/\.ts$/, '.js'), outputText);
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.on('exit', (code) => reject(new Error(`the endpoint ended with ${code}`)));
  });
}
