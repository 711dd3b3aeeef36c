import { escapeXml } from '../wire/answer.ts';
import { AwsError } from '../wire/aws-error.ts';

/**
 * The one STS operation that clients call before they use SageMaker.
 * @returns XML
 * @throws AwsError InvalidAction
 */
export function handleSts(action: string, accountId: string, requestId: string): string {
  if (action !== 'GetCallerIdentity') throw invalidAction(action, '2011-06-15');
  return (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
    `<Arn>arn:aws:iam::${accountId}:user/local</Arn><UserId>AIDALOCALTRAINYARD</UserId><Account>${accountId}</Account>` +
    `</GetCallerIdentityResult><ResponseMetadata><RequestId>${escapeXml(requestId)}</RequestId></ResponseMetadata>` +
    '</GetCallerIdentityResponse>'
  );
}

/** What the query protocol says of an unknown operation. */
export function invalidAction(action: string, version: string): AwsError {
  return new AwsError('InvalidAction', `Could not find operation ${action} for version ${version}`);
}
