import type { CallError } from '../jobs/failure-classification.ts';

export interface SdkCallError extends CallError {
  /** How often the SDK sent the call. */
  readonly tries: number;
}

/**
 * What an error that an AWS SDK client threw says: AWS's error name where AWS answered, else the code of the transport
 * (`ECONNRESET`), else the name of the SDK's own error (`AbortError`, `CredentialsProviderError`).
 */
export function callErrorOf(error: unknown): SdkCallError {
  if (!(error instanceof Error)) return { errorName: 'UnknownError', message: String(error), tries: 1 };
  const httpStatus = metadataOf(error, 'httpStatusCode');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    errorName: (httpStatus === undefined ? code : undefined) ?? error.name,
    message: messageOf(error),
    httpStatus,
    tries: metadataOf(error, 'attempts') ?? 1,
  };
}

function metadataOf(error: Error, member: 'httpStatusCode' | 'attempts'): number | undefined {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const value: unknown = Object.entries(metadata).find(([name]) => name === member)?.[1];
  return typeof value === 'number' ? value : undefined;
}

/** Node reports a host none of whose addresses answers as an AggregateError without a message. */
function messageOf(error: Error): string {
  if (error.message !== '') return error.message;
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return (
    causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join('; ') || error.name
  );
}
