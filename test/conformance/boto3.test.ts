import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { startTestEndpoint, type TestEndpoint } from '../support/local-aws/endpoint.ts';
import { type Python, pythonWithBoto3 } from './python-boto3.ts';

const SCRIPT = join(import.meta.dirname, 'python', 'boto3_client.py');

/** By the name of the function in the script. */
const CHECKS: Readonly<Record<string, string>> = {
  create_and_complete: 'creates a training job, waits for it and reads how it completed',
  name_taken: 'sees ResourceInUse as its own exception, with the text of AWS',
  over_quota: 'sees ResourceLimitExceeded as its own exception, with the text of AWS',
  unknown_job: 'sees a ValidationException for an unknown training job',
  bad_requests: 'is told by the endpoint what it did not check itself',
  failing_job: 'waits for a failing job and reads why it failed',
  stop_a_job: 'stops a training job, once',
  delete_a_job: 'deletes a training job and uses its name again',
  tags: 'adds, lists and removes tags',
  pages: 'pages through the list of training jobs',
  identity: 'asks who it is',
  notifications: 'publishes to a filtered subscription, alone and in a batch',
  notification_errors: 'sees the errors of SNS as exceptions of its model',
  unknown_operation: 'is told of operations that do not exist here',
};

interface Outcome {
  readonly name: string;
  readonly error: string | null;
}

/** Says that boto3 is missing wherever it is: these tests cannot run without Python. */
describe('unmodified boto3', () => {
  let python: Python;
  let endpoint: TestEndpoint;
  const outcomes = new Map<string, Outcome>();

  beforeAll(async () => {
    [python, endpoint] = await Promise.all([
      pythonWithBoto3(),
      startTestEndpoint({ instances: { 'ml.p3.2xlarge': { quota: 0 } } }),
    ]);
    if (python.kind === 'python') {
      for (const outcome of await runScript(python.executable, endpoint)) outcomes.set(outcome.name, outcome);
    }
  }, 600_000);
  afterAll(() => endpoint.close());

  const skipWithoutPython = (context: TestContext): void => {
    if (python.kind === 'absent') context.skip(`python3 cannot provide boto3: ${python.why}`);
  };

  for (const [check, sentence] of Object.entries(CHECKS)) {
    it(sentence, (context) => {
      skipWithoutPython(context);
      expect(outcomes.get(check)).toEqual({ name: check, error: null });
    });
  }

  it('is checked in no other way than listed here', (context) => {
    skipWithoutPython(context);
    expect([...outcomes.keys()]).toEqual(Object.keys(CHECKS));
  });
});

async function runScript(executable: string, endpoint: TestEndpoint): Promise<readonly Outcome[]> {
  const child = spawn(executable, [SCRIPT, endpoint.aws.url, endpoint.dataDir], {
    // Nothing of the user's own AWS set-up.
    env: {
      PATH: process.env['PATH'],
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      PYTHONUTF8: '1',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const outcomes: Outcome[] = [];
  for await (const line of createInterface({ input: child.stdout }))
    outcomes.push(JSON.parse(line) as Outcome);
  await closed;
  return outcomes;
}
