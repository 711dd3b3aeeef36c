/** The tags by which a training job is recognised as one attempt of one job run. */
const JOB_ID = 'trainyard:job-id';
const ATTEMPT = 'trainyard:attempt';
const RUN_ID = 'trainyard:run-id';

export interface AttemptIdentity {
  readonly jobId: string;
  readonly attempt: number;
  readonly runId: string;
}

export function tagsOf({
  jobId,
  attempt,
  runId,
}: AttemptIdentity): readonly { Key: string; Value: string }[] {
  return [
    { Key: JOB_ID, Value: jobId },
    { Key: ATTEMPT, Value: String(attempt) },
    { Key: RUN_ID, Value: runId },
  ];
}

export function isTaggedAs(tags: Readonly<Record<string, string>>, identity: AttemptIdentity): boolean {
  return tagsOf(identity).every(({ Key, Value }) => tags[Key] === Value);
}

/** Which Temporal namespace launched it: several may share an AWS account. */
const NAMESPACE = 'trainyard:namespace-id';

export function namespaceTag(namespaceId: string): { Key: string; Value: string } {
  return { Key: NAMESPACE, Value: namespaceId };
}

/** Whose training job it says it is; undefined when it is none of Trainyard's. */
export function launcherIn(
  tags: Readonly<Record<string, string>>,
): { readonly jobId: string; readonly runId: string; readonly namespaceId?: string } | undefined {
  const { [JOB_ID]: jobId, [RUN_ID]: runId, [NAMESPACE]: namespaceId } = tags;
  if (jobId === undefined || runId === undefined) return undefined;
  return { jobId, runId, ...(namespaceId === undefined ? {} : { namespaceId }) };
}

/** Whose training job it is, for people. */
export function ownerOf(name: string, tags: Readonly<Record<string, string>>): string {
  const jobId = tags[JOB_ID];
  if (jobId === undefined) return `the training job ${name} (not Trainyard's: it has no ${JOB_ID} tag)`;
  return `the training job ${name} (attempt ${tags[ATTEMPT] ?? '?'} of an earlier job ${jobId}, run ${tags[RUN_ID] ?? '?'})`;
}
