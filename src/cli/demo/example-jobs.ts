import type { Session } from '../session.ts';
import { boardOn } from './board.ts';
import { readExamples } from './examples-folder.ts';
import { followExamples } from './follow.ts';
import { gatherEvidence } from './gather.ts';
import { openMailbox } from './mailbox.ts';
import { formatFindings, isProven, judge, unshown, type Finding } from './summary.ts';
import { uiNote, type World } from './world.ts';

/** How long all jobs may take together before those that have not ended count as not shown. */
const PATIENCE_MS = 8 * 60_000;

/**
 * Submits the jobs of examples/jobs, shows them until all have ended, then proves from what SageMaker, Temporal and the
 * mailbox say that each showed what it is there for. Returns whether all is proven.
 */
export async function runExampleJobs(world: World): Promise<boolean> {
  const { session, trainyard, signal } = world;
  const { terminal } = session;
  const examples = readExamples();
  const mailbox = await openMailbox(world.sns, world.awsDir);
  session.print(`\nSubmitting the ${examples.length} jobs of examples/jobs${uiNote(world)}\n\n`);
  const startedAt = terminal.now();
  const submitted = await followExamples(examples, {
    client: trainyard,
    board: boardOn(terminal.stdout, { paint: session.paint, env: terminal.env, startedAt }),
    signal,
    deadline: startedAt + PATIENCE_MS,
    now: () => terminal.now(),
  });
  const notices = (): ReturnType<typeof mailbox.notices> => mailbox.notices(submitted);
  const evidence = await gatherEvidence({ ...world, notices }, submitted);
  const findings = examples.map(({ jobId }) => judge(jobId, evidence.get(jobId)));
  session.print(`\n${formatFindings(findings, terminal.stdout.columns, session.paint)}`);
  return conclude(findings, session);
}

function conclude(findings: readonly Finding[], session: Session): boolean {
  const unproven = findings.filter((finding) => !isProven(finding)).map(({ jobId }) => jobId);
  const missing = unshown(findings);
  if (unproven.length === 0 && missing.length === 0) {
    session.print(`\nAll ${findings.length} examples showed what they are there for.\n`);
    return true;
  }
  if (unproven.length > 0) session.print(`\nNot shown by: ${unproven.join(', ')}.\n`);
  if (missing.length > 0) session.print(`\nNo example shows: ${missing.join('; ')}.\n`);
  return false;
}
