/** Port of `trainyard local-aws`, and of `trainyard dev` where it is free. In a file of its own: `--help` shows it. */
export const DEFAULT_LOCAL_AWS_PORT = 4590;
