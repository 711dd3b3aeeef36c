import { AwsError } from '../wire/aws-error.ts';

/**
 * The texts are AWS's own, as recorded against it by the snapshot tests of localstack (tests/aws/services/sns), except
 * where a comment says otherwise.
 */
export function invalidParameter(what: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${what}`);
}

/** A value of a message attribute. */
export function invalidValue(message: string): AwsError {
  return new AwsError('ParameterValueInvalid', message);
}

export function notFound(what: 'Topic' | 'Subscription'): AwsError {
  return new AwsError('NotFound', `${what} does not exist`, 404);
}

/** @param member path in the words of AWS's model: `topicArn`, `messageAttributes.a.member.dataType` */
export function missing(member: string): AwsError {
  return new AwsError(
    'ValidationError',
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
}

export function throttled(): AwsError {
  return new AwsError('Throttled', 'Rate exceeded', 429);
}
