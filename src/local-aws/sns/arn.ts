import { invalidParameter } from './errors.ts';

/** Where this endpoint's topics are. */
export interface Home {
  readonly region: string;
  readonly accountId: string;
}

export function topicArn({ region, accountId }: Home, name: string): string {
  return `arn:aws:sns:${region}:${accountId}:${name}`;
}

/**
 * Checks the form of an ARN, and that it is of this region: SNS knows no topics of other regions.
 * @throws AwsError InvalidParameter
 */
export function checkArn(arn: string, member: string, { region }: Home): string {
  const parts = arn.split(':');
  if (parts.length < 6) {
    throw invalidParameter(`${member} Reason: An ARN must have at least 6 elements, not ${parts.length}`);
  }
  const [scheme, , service, arnRegion] = parts;
  if (scheme !== 'arn' || service !== 'sns' || arnRegion !== region) throw invalidParameter(member);
  return arn;
}
