import { vi } from 'vitest';
import { awsClients } from '../../src/aws/clients.ts';
import { sageMakerTrainingService } from '../../src/aws/sagemaker-training-service.ts';
import { startTestEndpoint, TEST_CREDENTIALS } from '../support/local-aws/endpoint.ts';
import { describeTrainingService, IMAGES, TYPES } from './training-service.suite.ts';

/** The tries of the SDK for one call. */
const TRIES = 3;

describeTrainingService('AWS SDK on the local endpoint', async () => {
  const endpoint = await startTestEndpoint({
    images: [
      {
        image: IMAGES.completes,
        command: ['sh', '-c', 'echo "accuracy=0.97"; echo 42 > "$SM_MODEL_DIR/weights"'],
      },
      { image: IMAGES.fails, command: ['sh', '-c', 'echo "no such column" >&2; exit 1'] },
      { image: IMAGES.neverEnds, simulate: { seconds: 3600 } },
    ],
    instances: {
      [TYPES.twoAllowed]: { quota: 2 },
      [TYPES.noCapacity]: { capacity: 0 },
      [TYPES.notInRegion]: { available: false },
    },
    timing: { startingSeconds: 0.1, capacityPatienceSeconds: 5, stopGraceSeconds: 0.2 },
  });
  const clients = awsClients({
    region: 'us-east-1',
    endpoint: endpoint.aws.url,
    credentials: TEST_CREDENTIALS,
  });
  const service = sageMakerTrainingService(clients.sageMaker);
  const addFault = async (fault: object): Promise<void> => {
    await endpoint.control('POST', '/faults', fault);
  };
  return {
    service,
    now: Date.now,
    until: (name, holds) =>
      vi.waitFor(
        async () => {
          const description = await service.describe(name);
          if (description !== undefined && holds(description)) return description;
          throw new Error(`${name} does not get there: ${JSON.stringify(description)}`);
        },
        { timeout: 30_000, interval: 100 },
      ),
    loseAnswerOfCreate: () => addFault({ kind: 'lostAnswer', operation: 'CreateTrainingJob', times: 1 }),
    throttleDescribe: () => addFault({ kind: 'throttle', operation: 'DescribeTrainingJob', times: TRIES }),
    close: async () => {
      clients.destroy();
      await endpoint.close();
    },
  };
});
