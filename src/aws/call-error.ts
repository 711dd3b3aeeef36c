import type { CallError } from '../jobs/failure-classification.ts';

/**
 * What an error that an AWS SDK client threw says: AWS's error name where AWS answered, else the code of the transport
 * (`ECONNRESET`), else the name of the SDK's own error (`AbortError`, `CredentialsProviderError`).
 */
export function callErrorOf(error: unknown): CallError {
  if (!(error instanceof Error)) return { errorName: 'UnknownError', message: String(error) };
  const httpStatus = httpStatusOf(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    errorName: (httpStatus === undefined ? code : undefined) ?? error.name,
    message: messageOf(error),
    httpStatus,
  };
}

function httpStatusOf(error: Error): number | undefined {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** Node reports a host none of whose addresses answers as an AggregateError without a message. */
function messageOf(error: Error): string {
  if (error.message !== '') return error.message;
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return (
    causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join('; ') || error.name
  );
}
