import { isGrpcServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import type { ConnectionSettings } from './connection.ts';

/** gRPC status codes (https://grpc.io/docs/guides/status-codes/). */
const CANCELLED = 1;
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

interface GrpcError {
  readonly code: number;
  readonly details: string;
}

/** The gRPC error behind an error of the SDK, which may wrap it. */
export function grpcErrorOf(error: unknown): GrpcError | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (isGrpcServiceError(current)) return { code: current.code, details: current.details };
  }
  return undefined;
}

/**
 * Whether the time for a call ran out. The server sees the same deadline, and when it is first to act on it, the call is
 * reported as cancelled.
 */
function isOverdue(code: number | undefined): boolean {
  return code === DEADLINE_EXCEEDED || code === CANCELLED;
}

/** Whether the same request may succeed later: the server restarts, is overloaded, or the network is away. */
export function isTransient(error: unknown): boolean {
  const code = grpcErrorOf(error)?.code;
  return code === UNAVAILABLE || code === RESOURCE_EXHAUSTED || isOverdue(code);
}

/** Whether a query or update failed because no worker took it, as opposed to being refused by one. */
export function isUnanswered(error: unknown): boolean {
  const grpc = grpcErrorOf(error);
  return isOverdue(grpc?.code) || (grpc?.code === FAILED_PRECONDITION && /poller|worker/i.test(grpc.details));
}

/** A failed call to Temporal in words. What did not come from Temporal, or has words already, is given back as it is. */
export function explainRpcError(error: unknown, settings: ConnectionSettings): unknown {
  if (error instanceof TrainyardError) return error;
  const where = `${settings.address} (${originWords[settings.origin]})`;
  if (error instanceof NamespaceNotFoundError) {
    return new TrainyardError(
      'NAMESPACE_NOT_FOUND',
      `Temporal at ${where} has no namespace ${error.namespace}.`,
      {
        cause: error,
      },
    );
  }
  const grpc = grpcErrorOf(error);
  if (grpc === undefined) return error;
  const said = grpc.details;
  switch (grpc.code) {
    case UNAVAILABLE:
    case DEADLINE_EXCEEDED:
    case CANCELLED:
      return unreachable(settings, said, error);
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      return new TrainyardError(
        'TEMPORAL_DENIED',
        `Temporal at ${where} refused namespace ${settings.namespace}: ${said}`,
        {
          cause: error,
        },
      );
    case INVALID_ARGUMENT:
      if (/search attribute/i.test(said)) {
        return new TrainyardError(
          'SEARCH_ATTRIBUTES_MISSING',
          `Namespace ${settings.namespace} at ${where}: ${said}.`,
          {
            hint: 'Register them with `trainyard doctor --fix`.',
            cause: error,
          },
        );
      }
      break;
    default:
  }
  return new TrainyardError('TEMPORAL_REFUSED', `Temporal at ${where}: ${said}`, { cause: error });
}

export function unreachable(settings: ConnectionSettings, said: string, cause: unknown): TrainyardError {
  return new TrainyardError(
    'TEMPORAL_UNREACHABLE',
    `Temporal does not answer at ${settings.address} (${originWords[settings.origin]}): ${said}`,
    { hint: remedies[settings.origin], cause },
  );
}

const originWords: Readonly<Record<ConnectionSettings['origin'], string>> = {
  option: 'as given',
  environment: 'from TEMPORAL_ADDRESS',
  profile: 'from the profile file',
  dev: 'from .trainyard/dev.json',
  default: 'the default',
};

const remedies: Readonly<Record<ConnectionSettings['origin'], string>> = {
  option: 'Check the address, and that TLS settings fit the server.',
  environment: 'Check the address, and that TLS settings fit the server.',
  profile: 'Check the address in the profile, and that TLS settings fit the server.',
  dev: 'That `trainyard dev` may be starting or stopping; look at its terminal.',
  default:
    'Start a server with `trainyard dev`, or name yours with --address, TEMPORAL_ADDRESS or a profile.',
};
