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

/** Whose training job it is, for people. */
export function ownerOf(name: string, tags: Readonly<Record<string, string>>): string {
  const jobId = tags[JOB_ID];
  if (jobId === undefined) return `the training job ${name} (not Trainyard's: it has no ${JOB_ID} tag)`;
  return `the training job ${name} (attempt ${tags[ATTEMPT] ?? '?'} of an earlier job ${jobId}, run ${tags[RUN_ID] ?? '?'})`;
}
