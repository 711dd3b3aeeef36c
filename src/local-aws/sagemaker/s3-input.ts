import { parseS3Uri, S3Folder, type S3Place } from '../container/s3-folder.ts';
import { validationError } from '../wire/aws-error.ts';
import type { CreateTrainingJobRequest } from './requests.ts';

/**
 * Every S3 input of a request must name at least one object.
 * @throws AwsError ValidationException with AWS's text (amazon-sagemaker-examples#2489)
 */
export async function checkS3Inputs(
  request: CreateTrainingJobRequest,
  s3Dir: string,
  region: string,
): Promise<void> {
  const s3 = new S3Folder(s3Dir);
  for (const { DataSource: source } of request.InputDataConfig ?? []) {
    if (source.S3DataSource === undefined) continue;
    const { S3Uri: uri, S3DataType: type } = source.S3DataSource;
    const place = placeOf(uri);
    const wholeKey = type === 'ManifestFile' || type === 'AugmentedManifestFile';
    if (place !== undefined && (await hasObject(s3, place, wholeKey))) continue;
    throw validationError(
      `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in the ` +
        `selected region (${region}), that objects exist under that S3 prefix, and that the role "${request.RoleArn}" has ` +
        `"s3:ListBucket" permissions on bucket "${place?.bucket ?? ''}".`,
    );
  }
}

async function hasObject(s3: S3Folder, { bucket, key }: S3Place, wholeKey: boolean): Promise<boolean> {
  return wholeKey ? (await s3.get(bucket, key)) !== undefined : s3.hasAny(bucket, key);
}

/** Undefined for what cannot be a place in the folder that stands for S3, and so holds nothing. */
function placeOf(uri: string): S3Place | undefined {
  try {
    return parseS3Uri(uri);
  } catch {
    return undefined;
  }
}
