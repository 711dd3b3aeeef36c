import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SNSClient } from '@aws-sdk/client-sns';
import {
  EXAMPLES_AWS_CONFIG,
  EXAMPLES_BUCKET,
  FIRST_EXAMPLE,
  stageExamples,
} from '../demo/examples-folder.ts';
import { openMailbox } from '../demo/mailbox.ts';
import type { DevAddresses } from './environment.ts';

/**
 * Puts the code, the data and the topic of the examples in place, so that their job files can be submitted by hand.
 * @returns the job file to begin with; undefined where there are no examples (the published package)
 */
export async function offerExamples(addresses: DevAddresses, awsDir: string): Promise<string | undefined> {
  if (!existsSync(EXAMPLES_AWS_CONFIG)) return undefined;
  const s3Dir = join(awsDir, 's3');
  // What is there belongs to jobs of an earlier day, checkpoints included.
  if (!existsSync(join(s3Dir, EXAMPLES_BUCKET))) stageExamples(s3Dir);
  const sns = new SNSClient({
    endpoint: addresses.endpointUrl,
    region: addresses.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await openMailbox(sns, awsDir);
  } finally {
    sns.destroy();
  }
  return FIRST_EXAMPLE;
}
