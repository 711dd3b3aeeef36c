/** An answer that is an error, in AWS's words. `code` is what SDK clients see as the error's name. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export const validationError = (message: string): AwsError => new AwsError('ValidationException', message);

/** What SageMaker says of an unknown training job; not the ResourceNotFound of its model (aws/aws-sdk#165). */
export const resourceNotFound = (): AwsError => validationError('Requested resource not found.');

export const serializationError = (message: string): AwsError =>
  new AwsError('SerializationException', message);

export const throttled = (): AwsError => new AwsError('ThrottlingException', 'Rate exceeded');

export const internalFailure = (status = 500): AwsError =>
  new AwsError('InternalFailure', 'We encountered an internal error. Please try again.', status);

export const unknownOperation = (status = 400): AwsError =>
  new AwsError(
    'UnknownOperationException',
    'The requested operation is not recognized by the service.',
    status,
  );
