import { DEFAULT_WATCH_SETTINGS, type WatchSettings } from './activities/index.ts';
import { resolveConnection, type ConnectionSettings, type ConnectOptions } from './client/connection.ts';
import { TrainyardError } from './jobs/error-catalogue.ts';
import type { WorkerVersion } from './temporal/worker-version.ts';

/** Where AWS is. */
export interface AwsSettings {
  /** Undefined: what the SDK finds (AWS_REGION, profile). */
  readonly region: string | undefined;
  /** Base address of a local AWS endpoint. Undefined: AWS itself, or what AWS_ENDPOINT_URL says. */
  readonly endpoint: string | undefined;
  /** Set for the local endpoint, which accepts any. Undefined: the SDK's own chain (environment, profile, role). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Whether this is an endpoint on this machine and not AWS. */
  readonly isLocal: boolean;
}

/** Everything a worker process is told from outside. */
export interface WorkerConfig {
  readonly connection: ConnectionSettings;
  readonly aws: AwsSettings;
  readonly watch: WatchSettings;
  /** Undefined: a worker without version, which takes whatever there is. */
  readonly version?: WorkerVersion | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The local endpoint is asked more often than AWS: it allows it, and people wait in front of it. */
const LOCAL_WATCH: WatchSettings = {
  ...DEFAULT_WATCH_SETTINGS,
  safetyCheckMs: 15_000,
  safetyChecksPerSecond: 0.4,
  sweepMs: 2_000,
  reconcileMs: 60_000,
};

/**
 * A worker's settings: options, then the environment, then a running `trainyard dev`, then defaults.
 *
 *   TRAINYARD_SAFETY_CHECK_SECONDS      between two safety checks of one job             (default 120; local 15)
 *   TRAINYARD_SAFETY_CHECKS_PER_SECOND  of this worker, however many jobs run             (default 0.5; local 0.4)
 *   TRAINYARD_SWEEP_SECONDS             between two sweeps of the monitor                 (default 10; local 2)
 *   TRAINYARD_RECONCILE_SECONDS         until a training job without a workflow is stopped (default 300; local 60)
 *   TRAINYARD_SETTLE_SECONDS            in which a launch may get through after its workflow's end    (default 60)
 *   TRAINYARD_DEPLOYMENT                name of the Worker Deployment, without '.' or ':'             (default: no version)
 *   TRAINYARD_BUILD_ID                  version of the code in it; set both or neither                (default: no version)
 *
 * @throws TrainyardError CONFIG_INVALID, CONNECTION_CONFIG
 */
export function loadWorkerConfig(
  options: ConnectOptions = {},
  around: { readonly env: Env; readonly cwd: string } = { env: process.env, cwd: process.cwd() },
): WorkerConfig {
  const { env } = around;
  const connection = resolveConnection(options, around);
  const aws = awsSettings(env, connection);
  const defaults = aws.isLocal ? LOCAL_WATCH : DEFAULT_WATCH_SETTINGS;
  return {
    connection,
    aws,
    watch: {
      ...defaults,
      safetyCheckMs: 1000 * positive(env, 'TRAINYARD_SAFETY_CHECK_SECONDS', defaults.safetyCheckMs / 1000),
      safetyChecksPerSecond: positive(
        env,
        'TRAINYARD_SAFETY_CHECKS_PER_SECOND',
        defaults.safetyChecksPerSecond,
      ),
      sweepMs: 1000 * positive(env, 'TRAINYARD_SWEEP_SECONDS', defaults.sweepMs / 1000),
      reconcileMs: 1000 * positive(env, 'TRAINYARD_RECONCILE_SECONDS', defaults.reconcileMs / 1000),
      settleMs: 1000 * positive(env, 'TRAINYARD_SETTLE_SECONDS', defaults.settleMs / 1000),
    },
    version: workerVersion(env),
  };
}

/** AWS as the environment says; without a word there, the endpoint of the `trainyard dev` that this Temporal belongs to. */
export function awsSettings(env: Env, connection: Pick<ConnectionSettings, 'dev'>): AwsSettings {
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const { dev } = connection;
  const override = env['AWS_ENDPOINT_URL'] ?? env['AWS_ENDPOINT_URL_SAGEMAKER'];
  if (override !== undefined || dev === undefined) {
    return { region, endpoint: undefined, credentials: undefined, isLocal: isLoopback(override) };
  }
  return {
    region: region ?? dev.aws.region,
    endpoint: dev.aws.endpointUrl,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    isLocal: true,
  };
}

function isLoopback(endpoint: string | undefined): boolean {
  if (endpoint === undefined || !URL.canParse(endpoint)) return false;
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(endpoint).hostname);
}

/**
 * The server's rules for the two names (validateVersionWfParams in 1.29), which else refuses every poll of the worker; the
 * length is what fits any of its databases.
 */
function workerVersion(env: Env): WorkerVersion | undefined {
  const deployment = name(env, 'TRAINYARD_DEPLOYMENT', /[.:]/, " and no '.' or ':' in it");
  const buildId = name(env, 'TRAINYARD_BUILD_ID');
  if (deployment !== undefined && buildId !== undefined) return { deployment, buildId };
  if (deployment === undefined && buildId === undefined) return undefined;
  const [set, missing] =
    buildId === undefined
      ? ['TRAINYARD_DEPLOYMENT', 'TRAINYARD_BUILD_ID']
      : ['TRAINYARD_BUILD_ID', 'TRAINYARD_DEPLOYMENT'];
  throw new TrainyardError('CONFIG_INVALID', `${set} is set and ${missing} is not.`, {
    hint: 'Set both for a worker with a version, or neither for one without.',
    place: { path: missing },
  });
}

function name(env: Env, variable: string, forbidden?: RegExp, rule = ''): string | undefined {
  const text = env[variable];
  if (text === undefined || text === '') return undefined;
  if (text.trim() === text && text.length <= 100 && !text.startsWith('__') && forbidden?.test(text) !== true)
    return text;
  throw new TrainyardError('CONFIG_INVALID', `${variable} is ${JSON.stringify(text)}.`, {
    hint: `Allowed are 1 to 100 characters, no '__' at the beginning, no space around it${rule}.`,
    place: { path: variable },
  });
}

function positive(env: Env, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new TrainyardError('CONFIG_INVALID', `${name} is ${JSON.stringify(text)}.`, {
    hint: 'Allowed is a number above 0.',
    place: { path: name },
  });
}
