import { join } from 'node:path';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SNSClient } from '@aws-sdk/client-sns';
import { Client, Connection } from '@temporalio/client';
import { TrainyardClient } from '../../client/index.ts';
import { DEFAULT_TASK_QUEUE } from '../../workflows/contract.ts';
import type { DevAddresses } from '../dev/environment.ts';
import type { Session } from '../session.ts';
import { boardOn } from './board.ts';
import { readExamples, stageExamples } from './examples-folder.ts';
import { followExamples } from './follow.ts';
import { gatherEvidence } from './gather.ts';
import { openMailbox } from './mailbox.ts';
import { formatFindings, isProven, judge, unshown, type Finding } from './summary.ts';

export interface ExamplesOptions {
  readonly session: Session;
  readonly addresses: DevAddresses;
  /** The directory of the local AWS endpoint. */
  readonly awsDir: string;
  /** Aborted by Ctrl-C: the examples are left as they are. */
  readonly signal: AbortSignal;
}

/** How long all examples may take together before those that have not ended count as not shown. */
const PATIENCE_MS = 8 * 60_000;
const NAMESPACE = 'default';

/**
 * Submits the jobs of examples/jobs, shows them until all have ended, then proves from what SageMaker, Temporal and the
 * mailbox say that each showed what it is there for. Returns the exit code: 0 when all is proven, else 1.
 * @throws TrainyardError; the signal's reason when it aborts
 */
export async function runExamples({ session, addresses, awsDir, signal }: ExamplesOptions): Promise<number> {
  const { terminal } = session;
  const examples = readExamples();
  stageExamples(join(awsDir, 's3'));
  const aws = {
    endpoint: addresses.endpointUrl,
    region: addresses.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 8,
  };
  const sns = new SNSClient(aws);
  const sagemaker = new SageMakerClient(aws);
  const temporal = new Client({
    connection: await Connection.connect({ address: addresses.temporal }),
    namespace: NAMESPACE,
  });
  const trainyard = TrainyardClient.on(temporal, { taskQueue: DEFAULT_TASK_QUEUE });
  try {
    const mailbox = await openMailbox(sns, awsDir);
    session.print(opening(examples.length, addresses));
    const startedAt = terminal.now();
    const submitted = await followExamples(examples, {
      client: trainyard,
      board: boardOn(terminal.stdout, { paint: session.paint, env: terminal.env, startedAt }),
      signal,
      deadline: startedAt + PATIENCE_MS,
      now: () => terminal.now(),
    });
    const evidence = await gatherEvidence(
      {
        sagemaker,
        endpointUrl: addresses.endpointUrl,
        temporal,
        trainyard,
        notices: () => mailbox.notices(submitted),
      },
      submitted,
    );
    const findings = examples.map(({ jobId }) => judge(jobId, evidence.get(jobId)));
    session.print(`\n${formatFindings(findings, terminal.stdout.columns, session.paint)}`);
    return conclude(findings, session);
  } finally {
    sns.destroy();
    sagemaker.destroy();
    await trainyard.close();
  }
}

function opening(jobs: number, { uiUrl }: DevAddresses): string {
  const where =
    uiUrl === undefined ? '' : `; each is a workflow in ${uiUrl}/namespaces/${NAMESPACE}/workflows`;
  return `\nSubmitting the ${jobs} jobs of examples/jobs${where}\n\n`;
}

function conclude(findings: readonly Finding[], session: Session): number {
  const unproven = findings.filter((finding) => !isProven(finding)).map(({ jobId }) => jobId);
  const missing = unshown(findings);
  if (unproven.length === 0 && missing.length === 0) {
    session.print(`\nAll ${findings.length} examples showed what they are there for.\n`);
    return 0;
  }
  if (unproven.length > 0) session.print(`\nNot shown by: ${unproven.join(', ')}.\n`);
  if (missing.length > 0) session.print(`\nNo example shows: ${missing.join('; ')}.\n`);
  return 1;
}
