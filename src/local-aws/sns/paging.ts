import { invalidParameter } from './errors.ts';

const PAGE_SIZE = 100;

/**
 * A page of what is sorted by ARN. The token is the last ARN of the page before, so that pages fit together whatever comes
 * and goes in between.
 * @throws AwsError InvalidParameter
 */
export function pageOf<T extends { readonly arn: string }>(
  items: readonly T[],
  token: string | undefined,
): { readonly page: readonly T[]; readonly nextToken: string | undefined } {
  const after = token === undefined || token === '' ? '' : Buffer.from(token, 'base64url').toString('utf8');
  if (after !== '' && !after.startsWith('arn:')) throw invalidParameter('NextToken');
  const sorted = items
    .filter(({ arn }) => arn > after)
    .sort((a, b) => (a.arn < b.arn ? -1 : a.arn > b.arn ? 1 : 0));
  const page = sorted.slice(0, PAGE_SIZE);
  const last = page.at(-1);
  return {
    page,
    nextToken:
      last === undefined || sorted.length <= PAGE_SIZE
        ? undefined
        : Buffer.from(last.arn).toString('base64url'),
  };
}
