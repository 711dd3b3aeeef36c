import { ListTrainingJobsCommand } from '@aws-sdk/client-sagemaker';
import { ListTopicsCommand } from '@aws-sdk/client-sns';
import { callErrorOf } from '../../aws/call-error.ts';
import { awsClients, callerIdentity, type AwsClients } from '../../aws/clients.ts';
import type { AwsSettings } from '../../config.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** Milliseconds; a doctor that hangs is no help. */
const PATIENCE = 8_000;

/** AWS as this command line's environment leads to it: a worker started from here sees the same. */
export async function checkAws(settings: AwsSettings, env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const clients = awsClients(settings);
  const endpoint = settings.endpoint ?? env['AWS_ENDPOINT_URL'];
  try {
    const identity = await checkIdentity(clients, endpoint);
    if (identity.state === 'fail') return [identity];
    return [identity, ...(await Promise.all([checkSageMaker(clients), checkSns(clients)]))];
  } finally {
    clients.destroy();
  }
}

async function checkIdentity(clients: AwsClients, endpoint: string | undefined): Promise<Finding> {
  try {
    const { account, region } = await callerIdentity(clients);
    return ok(
      'aws',
      `account ${account}, region ${region}, ${endpoint === undefined ? 'AWS itself' : `endpoint ${endpoint}`}`,
    );
  } catch (error) {
    const { errorName, message } = callErrorOf(error);
    const remedy =
      endpoint === undefined
        ? 'Set credentials and AWS_REGION as for any AWS tool, or use the local endpoint: trainyard dev'
        : `Start what should answer at ${endpoint} (trainyard dev, trainyard local-aws), or unset AWS_ENDPOINT_URL.`;
    return fail('aws', `${errorName}: ${message}`, remedy);
  }
}

async function checkSageMaker({ sageMaker }: AwsClients): Promise<Finding> {
  try {
    await sageMaker.send(new ListTrainingJobsCommand({ MaxResults: 1 }), {
      abortSignal: AbortSignal.timeout(PATIENCE),
    });
    return ok('sagemaker', 'ListTrainingJobs answers');
  } catch (error) {
    const { errorName, message } = callErrorOf(error);
    return fail(
      'sagemaker',
      `${errorName}: ${message}`,
      'The worker needs sagemaker:CreateTrainingJob, DescribeTrainingJob, StopTrainingJob, ListTrainingJobs, ListTags and AddTags, and iam:PassRole for the execution role.',
    );
  }
}

async function checkSns(clients: AwsClients): Promise<Finding> {
  const region = await clients.sageMaker.config.region();
  try {
    await clients.sns(region).send(new ListTopicsCommand({}), { abortSignal: AbortSignal.timeout(PATIENCE) });
    return ok('sns', 'ListTopics answers');
  } catch (error) {
    const { errorName, message } = callErrorOf(error);
    return warn(
      'sns',
      `${errorName}: ${message}`,
      'Notifications need sns:Publish on the topics of `notify`; listing topics is not needed for that.',
    );
  }
}
