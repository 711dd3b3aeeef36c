import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, MAX_TIMER_MS } from './clock.ts';
import type { Image } from './config/schema.ts';
import type { ContainerHost, RunEnd, RunSpec } from './container/host.ts';
import { globMatches } from './glob.ts';
import { isRecord } from './config/load.ts';

type Simulation = Extract<Image, { simulate: object }>['simulate'];

/**
 * Runs images that the config maps to `simulate` without processes: they take their time and end. Everything else goes
 * to the real host. Which of the two a run belongs to, and when it ends, is on disk, so that it survives a restart.
 */
export class SimulatedHost implements ContainerHost {
  readonly #real: ContainerHost;
  readonly #clock: Clock;
  readonly #images: () => readonly Image[];
  /** Ends a run before its time. */
  readonly #cut = new Map<string, (end: RunEnd) => void>();

  constructor(options: {
    readonly real: ContainerHost;
    readonly clock: Clock;
    readonly images: () => readonly Image[];
  }) {
    this.#real = options.real;
    this.#clock = options.clock;
    this.#images = options.images;
  }

  async prepare(run: RunSpec): ReturnType<ContainerHost['prepare']> {
    const simulation = this.#simulationFor(run);
    if (simulation === undefined) return this.#real.prepare(run);
    await mkdir(folderOf(run), { recursive: true });
    await writeFile(fileOf(run), JSON.stringify(simulation));
    return { kind: 'ready' };
  }

  async start(run: RunSpec): Promise<void> {
    const stored = await read(run);
    if (stored === undefined) return this.#real.start(run);
    if (stored.endsAt !== undefined) return;
    const endsAt = this.#clock.now() + stored.seconds * 1_000;
    await writeFile(fileOf(run), JSON.stringify({ ...stored, endsAt }));
  }

  async wait(run: RunSpec): Promise<RunEnd> {
    const stored = await read(run);
    if (stored === undefined) return this.#real.wait(run);
    const { endsAt, failure } = stored;
    if (endsAt === undefined) return { kind: 'lost' };
    const end: RunEnd = failure === undefined ? { kind: 'completed' } : { kind: 'failed', reason: failure };
    return new Promise((resolve) => {
      const finish = (how: RunEnd): void => {
        this.#cut.delete(folderOf(run));
        resolve(how);
      };
      const sleep = (): void => {
        const left = endsAt - this.#clock.now();
        if (left <= 0) finish(end);
        else this.#clock.after(Math.min(left, MAX_TIMER_MS), sleep);
      };
      this.#cut.set(folderOf(run), finish);
      sleep();
    });
  }

  async stop(run: RunSpec, graceSeconds: number): Promise<void> {
    if ((await read(run)) === undefined) return this.#real.stop(run, graceSeconds);
    this.#cut.get(folderOf(run))?.({ kind: 'failed', reason: 'AlgorithmError: stopped' });
  }

  async interrupt(run: RunSpec, noticeSeconds: number): Promise<void> {
    if ((await read(run)) === undefined) return this.#real.interrupt(run, noticeSeconds);
    this.#cut.get(folderOf(run))?.({ kind: 'failed', reason: 'AlgorithmError: interrupted' });
  }

  async upload(run: RunSpec): ReturnType<ContainerHost['upload']> {
    return (await read(run)) === undefined ? this.#real.upload(run) : {};
  }

  async metrics(
    run: RunSpec,
    definitions: Parameters<ContainerHost['metrics']>[1],
  ): ReturnType<ContainerHost['metrics']> {
    return (await read(run)) === undefined ? this.#real.metrics(run, definitions) : [];
  }

  #simulationFor(run: RunSpec): Simulation | undefined {
    const algorithm = run.request['AlgorithmSpecification'];
    if (!isRecord(algorithm) || algorithm['ContainerEntrypoint'] !== undefined) return undefined;
    const name = algorithm['TrainingImage'];
    const image =
      typeof name === 'string' ? this.#images().find((entry) => globMatches(entry.image, name)) : undefined;
    return image !== undefined && 'simulate' in image ? image.simulate : undefined;
  }
}

const folderOf = (run: RunSpec): string => join(run.jobDir, `run-${run.incarnation}`);
const fileOf = (run: RunSpec): string => join(folderOf(run), 'simulated.json');

/** Undefined for runs of the real host. */
async function read(run: RunSpec): Promise<(Simulation & { readonly endsAt?: number }) | undefined> {
  const text = await readFile(fileOf(run), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Simulation & { readonly endsAt?: number });
}
