import { isGrpcServiceError, type Connection } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';

/** Name and type of a search attribute; what `defineSearchAttributeKey` of the SDK makes is one. */
export interface SearchAttribute {
  readonly name: string;
  readonly type: SearchAttributeType;
}

export interface SearchAttributeState {
  readonly missing: readonly SearchAttribute[];
  /** There under the same name, with another type: it has to be removed by hand before it can be registered. */
  readonly conflicts: readonly (SearchAttribute & { readonly found: string })[];
}

/** gRPC status codes. */
const ALREADY_EXISTS = 6;
const UNIMPLEMENTED = 12;

/** Each type as a number of the protocol (`IndexedValueType`) and as the Temporal CLI spells it. */
const TYPES: Readonly<Record<SearchAttributeType, { readonly number: number; readonly cliName: string }>> = {
  TEXT: { number: 1, cliName: 'Text' },
  KEYWORD: { number: 2, cliName: 'Keyword' },
  INT: { number: 3, cliName: 'Int' },
  DOUBLE: { number: 4, cliName: 'Double' },
  BOOL: { number: 5, cliName: 'Bool' },
  DATETIME: { number: 6, cliName: 'Datetime' },
  KEYWORD_LIST: { number: 7, cliName: 'KeywordList' },
};

/** `JobStatus=Keyword`, as the Temporal CLI takes it. */
export const cliSearchAttribute = ({ name, type }: SearchAttribute): string =>
  `${name}=${TYPES[type].cliName}`;

/** Compares the namespace's search attributes with those that are wanted. */
export async function inspectSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<SearchAttributeState> {
  const found = await customAttributes(connection, namespace);
  const conflicts = wanted.flatMap((attribute) => {
    const number = found[attribute.name];
    return number === undefined || number === TYPES[attribute.type].number
      ? []
      : [
          {
            ...attribute,
            found: Object.values(TYPES).find((type) => type.number === number)?.cliName ?? String(number),
          },
        ];
  });
  return { missing: wanted.filter(({ name }) => found[name] === undefined), conflicts };
}

/**
 * Registers what is missing, so that it may be called any number of times. Returns the names that were new and the
 * conflicts, which it leaves alone.
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<{ readonly added: readonly string[]; readonly conflicts: SearchAttributeState['conflicts'] }> {
  const { missing, conflicts } = await inspectSearchAttributes(connection, namespace, wanted);
  if (missing.length === 0) return { added: [], conflicts };
  const searchAttributes = Object.fromEntries(missing.map(({ name, type }) => [name, TYPES[type].number]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Somebody else registered them since they were listed.
    if (grpcCode(error) !== ALREADY_EXISTS) throw error;
  }
  return { added: missing.map(({ name }) => name), conflicts };
}

async function customAttributes(
  connection: Connection,
  namespace: string,
): Promise<Readonly<Record<string, number>>> {
  try {
    return (await connection.operatorService.listSearchAttributes({ namespace })).customAttributes;
  } catch (error) {
    // The time-skipping test server can add search attributes and not list them.
    if (grpcCode(error) === UNIMPLEMENTED) return {};
    throw error;
  }
}

const grpcCode = (error: unknown): number | undefined => (isGrpcServiceError(error) ? error.code : undefined);
