import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** The container host as plain JavaScript, so that a Node process of its own, of any user, can run it. */
export interface CompiledContainerHost {
  /**
   * Runs the body of an async function with `createContainerHost`, `probeMountNamespace` and `input` in scope in a new
   * process; what it returns is printed as JSON.
   */
  spawn(body: string, input: unknown, as?: { readonly user: number }): ChildProcess;
  /** The same, to its end. */
  run(body: string, input: unknown, as?: { readonly user: number }): Promise<unknown>;
  remove(): Promise<void>;
}

const checkout = join(import.meta.dirname, '../..');

export async function compileContainerHost(): Promise<CompiledContainerHost> {
  const directory = await mkdtemp(join(tmpdir(), 'trainyard-compiled-'));
  await chmod(directory, 0o755);
  await symlink(join(checkout, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  const sources = (await readdir(join(checkout, 'src/local-aws/container'))).map(
    (name) => `container/${name}`,
  );
  for (const name of [...sources, 'glob.ts']) {
    const source = await readFile(join(checkout, 'src/local-aws', name), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    const target = join(directory, name.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
  const start = (body: string, input: unknown, as?: { readonly user: number }): ChildProcess => {
    const script = [
      `import { createContainerHost, probeMountNamespace } from '${directory}/container/index.js';`,
      `const input = ${JSON.stringify(input)};`,
      `const result = await (async () => { ${body} })();`,
      `console.log(JSON.stringify(result ?? null));`,
    ].join('\n');
    const command = [process.execPath, '--input-type=module', '--eval', script];
    const asUser =
      as === undefined
        ? []
        : ['setpriv', '--reuid', String(as.user), '--regid', String(as.user), '--clear-groups'];
    const [program = '', ...args] = [...asUser, ...command];
    return spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
  };
  return {
    spawn: start,
    async run(body, input, as) {
      const child = start(body, input, as);
      let output = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
      const [code] = (await once(child, 'close')) as [number | null];
      if (code !== 0) throw new Error(`The process ended with ${code}: ${output}`);
      return JSON.parse(output) as unknown;
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
