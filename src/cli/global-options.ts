import { Option, type Command } from 'commander';
import type { ConnectOptions, TlsFiles } from '../client/index.ts';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { COLOUR_CHOICES, type ColourChoice } from './print/colour.ts';
import { TIME_FORMATS, type TimeFormat } from './print/time.ts';

/** Options of every command, before or after its name. */
export interface GlobalOptions {
  readonly address?: string;
  readonly namespace?: string;
  readonly apiKey?: string;
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
  readonly profile?: string;
  readonly configFile?: string;
  readonly taskQueue?: string;
  readonly uiUrl?: string;
  readonly color: ColourChoice;
  readonly timeFormat: TimeFormat;
}

export function addGlobalOptions(program: Command): void {
  program
    .optionsGroup('Connection (flag > environment > profile file > running `trainyard dev`):')
    .option('--address <host:port>', 'Temporal server [TEMPORAL_ADDRESS]')
    .option('--namespace <name>', 'Temporal namespace [TEMPORAL_NAMESPACE]')
    .option('--api-key <key>', 'API key; the variable keeps it out of `ps` [TEMPORAL_API_KEY]')
    .option('--tls', 'use TLS [TEMPORAL_TLS]')
    .option('--no-tls', 'use no TLS, even with an API key')
    .option('--tls-ca <file>', "PEM certificate of the server's authority")
    .option('--tls-cert <file>', 'PEM client certificate')
    .option('--tls-key <file>', 'PEM client key')
    .option('--tls-server-name <name>', "name in the server's certificate")
    .option('--profile <name>', 'profile of the profile file [TEMPORAL_PROFILE]')
    .option('--config-file <file>', 'profile file [TEMPORAL_CONFIG_FILE]')
    .option('--task-queue <name>', "the workers' task queue [TRAINYARD_TASK_QUEUE]")
    .option('--ui-url <url>', 'Temporal Web UI, for links [TRAINYARD_UI_URL]')
    .optionsGroup('Display:')
    .addOption(
      new Option('--color <when>', 'colours; auto obeys NO_COLOR and FORCE_COLOR')
        .choices(COLOUR_CHOICES)
        .default('auto'),
    )
    .addOption(
      new Option('--time-format <format>', 'times for people; JSON is always ISO 8601')
        .choices(TIME_FORMATS)
        .default('relative'),
    );
}

/** The connection part of the options. */
export function connectOptions(globals: GlobalOptions): ConnectOptions {
  const { address, namespace, apiKey, profile, configFile, taskQueue, uiUrl } = globals;
  const tls = tlsOption(globals);
  return {
    ...(address === undefined ? {} : { address }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(tls === undefined ? {} : { tls }),
    ...(profile === undefined ? {} : { profile }),
    ...(configFile === undefined ? {} : { configFile }),
    ...(taskQueue === undefined ? {} : { taskQueue }),
    ...(uiUrl === undefined ? {} : { uiUrl }),
  };
}

function tlsOption(globals: GlobalOptions): boolean | TlsFiles | undefined {
  const { tls, tlsCa, tlsCert, tlsKey, tlsServerName } = globals;
  const files = {
    ...(tlsCa === undefined ? {} : { serverCaFile: tlsCa }),
    ...(tlsCert === undefined ? {} : { clientCertFile: tlsCert }),
    ...(tlsKey === undefined ? {} : { clientKeyFile: tlsKey }),
    ...(tlsServerName === undefined ? {} : { serverName: tlsServerName }),
  };
  const [named] = Object.keys(files);
  if (named === undefined) return tls;
  if (tls === false) {
    throw new TrainyardError('USAGE', '--no-tls contradicts the other --tls-... options.', {
      hint: 'Leave one of them out.',
    });
  }
  return files;
}
