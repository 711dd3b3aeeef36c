/** Where the parts of a `trainyard dev` find each other. */
export interface DevAddresses {
  readonly temporal: string;
  readonly uiUrl: string | undefined;
  readonly endpointUrl: string;
  readonly region: string;
}

/** A Temporal profile file for these addresses; the Temporal CLI can use it as well (`temporal --config-file`). */
export const temporalProfile = ({ temporal }: DevAddresses): string =>
  `[profile.default]\naddress = "${temporal}"\nnamespace = "default"\n`;

/**
 * The environment of the worker: the user's, without anything that could lead it elsewhere. A profile file, an API key or
 * AWS credentials that lie around must not connect a local experiment with a real account; and a worker with a version gets
 * no work before somebody makes it the current one.
 */
export function workerEnvironment(
  env: NodeJS.ProcessEnv,
  addresses: DevAddresses,
  profileFile: string,
): NodeJS.ProcessEnv {
  const elsewhere =
    /^(TEMPORAL_|AWS_ENDPOINT_URL|AWS_(DEFAULT_)?PROFILE$|AWS_SESSION_TOKEN$|AWS_WEB_IDENTITY|AWS_ROLE_|TRAINYARD_(DEPLOYMENT|BUILD_ID)$)/;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !elsewhere.test(name))),
    TEMPORAL_ADDRESS: addresses.temporal,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_CONFIG_FILE: profileFile,
    ...(addresses.uiUrl === undefined ? {} : { TRAINYARD_UI_URL: addresses.uiUrl }),
    AWS_ENDPOINT_URL: addresses.endpointUrl,
    AWS_REGION: addresses.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}
