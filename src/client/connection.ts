import { existsSync } from 'node:fs';
import {
  loadClientConfig,
  loadClientConfigProfile,
  toClientOptions,
  type ClientConfigProfile,
  type ClientConfigTLS,
} from '@temporalio/envconfig';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { DEFAULT_TASK_QUEUE } from '../workflows/contract.ts';
import { findDevState, type DevState } from './dev-state.ts';

/**
 * How to reach Temporal. Everything is optional; what is missing comes from the environment (`TEMPORAL_ADDRESS`,
 * `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, ...), then from Temporal's profile file, then from a running
 * `trainyard dev` in the working directory or an ancestor, and last from Temporal's own defaults.
 */
export interface ConnectOptions {
  /** `host:port`. (Default: localhost:7233) */
  readonly address?: string;
  /** (Default: `default`) */
  readonly namespace?: string;
  /** For Temporal Cloud; implies TLS. */
  readonly apiKey?: string;
  /** Files are PEM. `true` is TLS with the system's certificates, `false` none even where an API key is set. */
  readonly tls?: boolean | TlsFiles;
  /** Profile of the profile file. (Default: TEMPORAL_PROFILE, then `default`) */
  readonly profile?: string;
  /** Profile file. (Default: TEMPORAL_CONFIG_FILE, then temporalio/temporal.toml in the user's configuration directory) */
  readonly configFile?: string;
  /** Task queue that the workers serve. (Default: TRAINYARD_TASK_QUEUE, then that of `trainyard dev`, then `trainyard`) */
  readonly taskQueue?: string;
  /** Base address of the Temporal Web UI, for links. (Default: TRAINYARD_UI_URL, then that of `trainyard dev`) */
  readonly uiUrl?: string;
}

export interface TlsFiles {
  readonly serverCaFile?: string;
  readonly clientCertFile?: string;
  readonly clientKeyFile?: string;
  /** Name to expect in the server's certificate instead of the address. */
  readonly serverName?: string;
}

/** TLS as the Temporal connections take it; contents of PEM files. */
export interface TlsSettings {
  readonly serverNameOverride?: string;
  readonly serverRootCACertificate?: Uint8Array;
  readonly clientCertPair?: { readonly crt: Uint8Array; readonly key: Uint8Array };
}

/** Where the address came from, for messages. */
export type AddressOrigin = 'option' | 'environment' | 'profile' | 'dev' | 'default';

/** Complete settings, for the client's connection and for the worker's. */
export interface ConnectionSettings {
  readonly address: string;
  readonly origin: AddressOrigin;
  readonly namespace: string;
  readonly apiKey: string | undefined;
  readonly tls: TlsSettings | boolean | undefined;
  readonly metadata: Record<string, string> | undefined;
  readonly taskQueue: string;
  readonly uiUrl: string | undefined;
  /** The running `trainyard dev` whose Temporal server this is. */
  readonly dev: DevState | undefined;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

const DEFAULT_ADDRESS = 'localhost:7233';
const DEFAULT_NAMESPACE = 'default';

/** @throws TrainyardError CONNECTION_CONFIG when a file or profile named by the user cannot be used. */
export function resolveConnection(options: ConnectOptions = {}, around?: Surroundings): ConnectionSettings {
  const { env, cwd } = around ?? { env: process.env, cwd: process.cwd() };
  const profile = withOptions(loadProfile(options, env), options);
  const found = findDevState(cwd);
  const address = profile.address ?? found?.temporal.address ?? DEFAULT_ADDRESS;
  const dev = found?.temporal.address === address ? found : undefined;
  const origin = addressOrigin(options, env, profile, dev);
  return {
    address,
    origin,
    namespace: profile.namespace ?? dev?.temporal.namespace ?? DEFAULT_NAMESPACE,
    // The local server speaks plain text: credentials that lie around in the environment are not for it.
    ...(origin === 'dev' ? PLAIN : credentials(profile)),
    taskQueue: options.taskQueue ?? set(env['TRAINYARD_TASK_QUEUE']) ?? dev?.taskQueue ?? DEFAULT_TASK_QUEUE,
    uiUrl: options.uiUrl ?? set(env['TRAINYARD_UI_URL']) ?? dev?.temporal.uiUrl,
    dev,
  };
}

const PLAIN = { apiKey: undefined, tls: undefined, metadata: undefined } as const;

/** An empty variable is as good as none. */
const set = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function loadProfile(options: ConnectOptions, env: Surroundings['env']): ClientConfigProfile {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      // An empty TEMPORAL_GRPC_META_* removes the header that the profile file sets.
      value === undefined || (value === '' && !name.startsWith('TEMPORAL_GRPC_META_')) ? [] : [[name, value]],
    ),
  );
  const file = options.configFile ?? overrideEnvVars['TEMPORAL_CONFIG_FILE'];
  if (file !== undefined && !existsSync(file)) throw configError(`There is no profile file ${file}.`);
  const source = { overrideEnvVars, ...(file === undefined ? {} : { configSource: { path: file } }) };
  const wanted = options.profile ?? overrideEnvVars['TEMPORAL_PROFILE'];
  try {
    const { profiles } = loadClientConfig(source);
    if (wanted !== undefined && profiles[wanted] === undefined) {
      const names = Object.keys(profiles);
      throw configError(
        `There is no profile ${wanted}${file === undefined ? '' : ` in ${file}`}.`,
        names.length > 0 ? `The profiles are: ${names.join(', ')}.` : 'The profile file has no profiles.',
      );
    }
    return loadClientConfigProfile({ ...source, ...(wanted === undefined ? {} : { profile: wanted }) });
  } catch (error) {
    if (error instanceof TrainyardError) throw error;
    throw configError(`The profile file cannot be used: ${textOf(error)}`, undefined, error);
  }
}

function withOptions(profile: ClientConfigProfile, options: ConnectOptions): ClientConfigProfile {
  const { address, namespace, apiKey, tls } = options;
  return {
    ...profile,
    ...(address === undefined ? {} : { address }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(tls === undefined ? {} : { tls: tlsProfile(profile.tls, tls) }),
  };
}

function tlsProfile(from: ClientConfigTLS | undefined, tls: boolean | TlsFiles): ClientConfigTLS {
  if (tls === false) return { disabled: true };
  if (tls === true) return { ...from, disabled: false };
  return {
    ...from,
    disabled: false,
    ...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
    ...(tls.serverCaFile === undefined ? {} : { serverCACert: { path: tls.serverCaFile } }),
    ...(tls.clientCertFile === undefined ? {} : { clientCert: { path: tls.clientCertFile } }),
    ...(tls.clientKeyFile === undefined ? {} : { clientKey: { path: tls.clientKeyFile } }),
  };
}

function credentials(profile: ClientConfigProfile): Pick<ConnectionSettings, 'apiKey' | 'tls' | 'metadata'> {
  const { clientCert, clientKey, disabled } = profile.tls ?? {};
  if (disabled !== true && (clientCert === undefined) !== (clientKey === undefined)) {
    throw configError(
      `A TLS client ${clientCert === undefined ? 'key' : 'certificate'} is set without its ${clientCert === undefined ? 'certificate' : 'key'}.`,
      'Set both --tls-cert and --tls-key (TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH).',
    );
  }
  try {
    const { tls } = toClientOptions(profile).connectionOptions;
    return { apiKey: profile.apiKey, tls: tls ?? undefined, metadata: profile.grpcMeta };
  } catch (error) {
    throw configError(`A TLS file cannot be read: ${textOf(error)}`, undefined, error);
  }
}

function addressOrigin(
  options: ConnectOptions,
  env: Surroundings['env'],
  profile: ClientConfigProfile,
  dev: DevState | undefined,
): AddressOrigin {
  if (options.address !== undefined) return 'option';
  if (profile.address !== undefined)
    return set(env['TEMPORAL_ADDRESS']) === undefined ? 'profile' : 'environment';
  return dev === undefined ? 'default' : 'dev';
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function configError(message: string, hint?: string, cause?: unknown): TrainyardError {
  return new TrainyardError('CONNECTION_CONFIG', message, { ...(hint === undefined ? {} : { hint }), cause });
}
