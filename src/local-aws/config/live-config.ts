import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import { checkConfig, isRecord, type LoadedConfig, parseConfig } from './load.ts';
import { mergePatch } from './merge-patch.ts';
import type { EffectiveConfig, LocalAwsConfig } from './schema.ts';

/** How often the file is looked at. */
const WATCH_INTERVAL_MS = 300;

const nowhere = (): Record<string, never> => ({});

/**
 * The config in force. It starts as the file (over the given defaults); the control path and the timeline patch it;
 * an edit of the file replaces it, patches included. What does not pass the schema changes nothing.
 */
export class LiveConfig {
  readonly #base: Readonly<Record<string, unknown>>;
  readonly #log: (line: string) => void;
  readonly #listeners: ((config: EffectiveConfig) => void)[] = [];
  #file: string | undefined;
  #text: string | undefined;
  #loaded: LoadedConfig;
  #fileError: string | undefined;

  private constructor(base: Readonly<Record<string, unknown>>, log: (line: string) => void) {
    this.#base = base;
    this.#log = log;
    this.#loaded = checkConfig(base, nowhere);
  }

  /** @throws TrainyardError LOCAL_AWS_CONFIG when the config is broken from the start */
  static async open(options: {
    readonly defaults: LocalAwsConfig;
    readonly file: string | undefined;
    readonly log: (line: string) => void;
  }): Promise<LiveConfig> {
    const live = new LiveConfig({ ...options.defaults }, options.log);
    if (options.file === undefined) return live;
    const file = options.file;
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new TrainyardError('LOCAL_AWS_CONFIG', `The config file ${file} cannot be read.`, {
        place: { file },
        cause,
      });
    });
    live.#file = file;
    live.#takeFile(text, file);
    watchFile(file, { interval: WATCH_INTERVAL_MS, persistent: false }, () => void live.#reload(file));
    return live;
  }

  get current(): EffectiveConfig {
    return this.#loaded.config;
  }

  /** The config as it would be written, without defaults. */
  get input(): Readonly<Record<string, unknown>> {
    return this.#loaded.input;
  }

  /** What is wrong with the file as it is now; undefined while the file is in force. */
  get fileError(): string | undefined {
    return this.#fileError;
  }

  /** Called after every change. */
  onChange(listener: (config: EffectiveConfig) => void): void {
    this.#listeners.push(listener);
  }

  /** JSON merge patch on the config in force. @throws TrainyardError LOCAL_AWS_CONFIG */
  patch(patch: Readonly<Record<string, unknown>>): void {
    const merged = mergePatch(this.#loaded.input, patch);
    this.replace(isRecord(merged) ? merged : {});
  }

  /** @throws TrainyardError LOCAL_AWS_CONFIG */
  replace(input: Readonly<Record<string, unknown>>): void {
    this.#loaded = checkConfig(input, nowhere);
    this.#changed();
  }

  close(): void {
    if (this.#file !== undefined) unwatchFile(this.#file);
  }

  async #reload(file: string): Promise<void> {
    try {
      const text = await readFile(file, 'utf8');
      if (text === this.#text) return;
      this.#takeFile(text, file);
      this.#log(`config: ${file} was read again and is in force`);
      this.#changed();
    } catch (error) {
      this.#fileError = error instanceof Error ? error.message : String(error);
      this.#log(`config: ${file} is broken, the config before stays in force:\n${this.#fileError}`);
    }
  }

  #takeFile(text: string, file: string): void {
    this.#text = text;
    const { input } = parseConfig(text, file);
    const merged = mergePatch(this.#base, input);
    this.#loaded = checkConfig(isRecord(merged) ? merged : {}, nowhere);
    this.#fileError = undefined;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener(this.#loaded.config);
  }
}
