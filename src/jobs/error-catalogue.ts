/**
 * Every error that Trainyard shows to people has a code here; docs/errors.md lists the same codes (a test compares).
 * `exitCode` is what the command line ends with: 1 failure, 2 usage or bad input, 3 not found, 4 denied, 5 conflict.
 */
export interface CatalogueEntry {
  readonly exitCode: 1 | 2 | 3 | 4 | 5 | 124;
  /** What happened, one sentence. */
  readonly what: string;
  /** What to do about it, one sentence. */
  readonly remedy: string;
}

export const ERROR_CATALOGUE = {
  JOB_NOT_FOUND: {
    exitCode: 3,
    what: 'There is no job of that id.',
    remedy: 'Check the id with `trainyard list -a`; ended jobs leave Temporal after its retention period.',
  },
  SERVER_PATH_INVALID: {
    exitCode: 2,
    what: 'An environment variable names a server executable that does not work.',
    remedy: 'Correct TRAINYARD_TEMPORAL_CLI or TRAINYARD_TEST_SERVER, or unset it.',
  },
  SERVER_UNAVAILABLE: {
    exitCode: 1,
    what: 'A server that Trainyard needs is not on this machine, and every way to get it failed.',
    remedy:
      'Install what the message names, or name an executable in TRAINYARD_TEMPORAL_CLI or TRAINYARD_TEST_SERVER.',
  },
  SERVER_START_FAILED: {
    exitCode: 1,
    what: 'The Temporal dev server ended, or did not answer in time, after it was started.',
    remedy: 'Read the log that the message names; another server may use the port or the database file.',
  },
  PORT_TAKEN: {
    exitCode: 2,
    what: 'A port that was asked for is in use.',
    remedy: 'Stop what listens there, or ask for another port (0 picks a free one).',
  },
  CONNECTION_CONFIG: {
    exitCode: 2,
    what: 'The settings for reaching Temporal cannot be used.',
    remedy: 'Correct the flag, the TEMPORAL_* variable or the profile file that the message names.',
  },
  TEMPORAL_UNREACHABLE: {
    exitCode: 1,
    what: 'The Temporal server does not answer at its address.',
    remedy: 'Start one with `trainyard dev`, or name yours with --address, TEMPORAL_ADDRESS or a profile.',
  },
  TEMPORAL_DENIED: {
    exitCode: 4,
    what: 'Temporal refuses the credentials.',
    remedy: 'Check the API key or the TLS certificate, and that it may use the namespace.',
  },
  TEMPORAL_REFUSED: {
    exitCode: 1,
    what: 'Temporal answered a request with an error that Trainyard has no better word for.',
    remedy: 'Read the message of Temporal; `trainyard doctor` checks the usual causes.',
  },
  NAMESPACE_NOT_FOUND: {
    exitCode: 3,
    what: 'The Temporal server has no such namespace.',
    remedy: 'Check --namespace, TEMPORAL_NAMESPACE or the profile; on Temporal Cloud it is <name>.<account>.',
  },
  SEARCH_ATTRIBUTES_MISSING: {
    exitCode: 1,
    what: 'The namespace lacks the search attributes of jobs.',
    remedy: 'Register them with `trainyard doctor --fix`.',
  },
  WORKER_NOT_ANSWERING: {
    exitCode: 1,
    what: 'No worker answers for the job, so that only what Temporal itself knows can be shown.',
    remedy:
      'Start a worker with `trainyard worker` on the same task queue, or read the log of the one that runs.',
  },
  JOB_EXISTS: {
    exitCode: 5,
    what: 'The job id belongs to another job.',
    remedy: 'Choose another jobId, or leave it out to get a fresh one.',
  },
  JOB_ENDED: {
    exitCode: 5,
    what: 'The job has ended, so it can no longer be steered.',
    remedy: 'See how it ended with `trainyard show`; submit it again under another id.',
  },
  JOB_ID_AMBIGUOUS: {
    exitCode: 5,
    what: 'Several jobs have an id that begins like this.',
    remedy: 'Give more characters of the id.',
  },
  JOB_REFUSED_MESSAGE: {
    exitCode: 5,
    what: 'The job refused the request.',
    remedy: 'The message says why; `trainyard show` shows what the job is doing.',
  },
  QUEUE_NOT_FOUND: {
    exitCode: 3,
    what: 'There is no queue of that name.',
    remedy: 'See the queues with `trainyard queue list`; make one with `trainyard queue apply`.',
  },
  QUEUE_IN_USE: {
    exitCode: 5,
    what: 'The queue cannot be deleted, because it has jobs.',
    remedy: 'Wait for its jobs, or cancel them with `trainyard cancel --filter queue=...`.',
  },
  JOB_NOT_QUEUED: {
    exitCode: 5,
    what: 'The question is about a job in a queue, and this job is in none, or has ended.',
    remedy: 'See the job with `trainyard show`.',
  },
  QUEUE_CHANGE_REFUSED: {
    exitCode: 5,
    what: 'The queue cannot be changed like this while it lives.',
    remedy: 'The message says what stands in the way.',
  },
  QUEUE_REFUSED_MESSAGE: {
    exitCode: 5,
    what: 'The queue refused the request.',
    remedy: 'The message says why; `trainyard queue show` shows what the queue is doing.',
  },
  QUEUE_NOT_ANSWERING: {
    exitCode: 1,
    what: 'No worker answers for the queue. A job that was submitted may still be taken in, once one does.',
    remedy:
      'Start a worker with `trainyard worker` on the same task queue, or read the log of the one that runs. See what became of a submission with `trainyard list`; submitted again with the same jobId, a job is not started twice.',
  },
  QUEUE_FULL: {
    exitCode: 1,
    what: 'The queue holds as many waiting jobs as it may; nothing of the refused jobs was kept.',
    remedy: 'Submit again when jobs have started; jobs that were accepted are recognised by their ids.',
  },
  QUEUE_BUSY: {
    exitCode: 1,
    what: 'The queue takes in jobs more slowly than they come; nothing of the refused jobs was kept.',
    remedy: 'Submit again after a while; jobs that were accepted are recognised by their ids.',
  },
  ENVIRONMENT_NOT_FOUND: {
    exitCode: 3,
    what: 'The queue has no service environment of that name.',
    remedy: 'See the environments with `trainyard queue show`.',
  },
  SHARE_MISSING: {
    exitCode: 2,
    what: 'The queue divides its capacity among shares, and the job names none.',
    remedy: 'Add `share` to the job; the message lists the shares of the queue.',
  },
  SHARE_NOT_FOUND: {
    exitCode: 3,
    what: 'The queue has no such share.',
    remedy: 'Name one of the shares that the message lists, or add the share to the queue file.',
  },
  PLACEMENT_NOT_IN_QUEUE: {
    exitCode: 2,
    what: 'None of the placements of the job is in a service environment of the queue.',
    remedy: 'List a placement with one of the instance types that the message names, or use another queue.',
  },
  NEVER_FITS: {
    exitCode: 2,
    what: 'The job is larger than what it could ever get in the queue.',
    remedy: 'Ask for fewer instances, or raise the limit that the message names.',
  },
  DUPLICATE_JOB_ID: {
    exitCode: 2,
    what: 'Two jobs of one submission have the same id.',
    remedy: 'Give each job its own jobId, or leave it out to get fresh ones.',
  },
  FILE_UNREADABLE: {
    exitCode: 2,
    what: 'A file or directory that was named cannot be read, or a pattern matches none.',
    remedy: 'Check the path; quote patterns so that the shell leaves them alone.',
  },
  WAIT_TIMED_OUT: {
    exitCode: 124,
    what: 'The job had not ended when the time to wait was over; it goes on.',
    remedy: 'Wait again with a longer --timeout.',
  },
  CONFIRMATION_NEEDED: {
    exitCode: 2,
    what: 'The command changes running work and nobody can be asked, because this is no terminal.',
    remedy: 'Add --yes.',
  },
  USAGE: {
    exitCode: 2,
    what: 'The command line is not one that Trainyard knows.',
    remedy: 'The message says what is allowed; every command explains itself with --help.',
  },
  UNEXPECTED: {
    exitCode: 1,
    what: 'Something happened that Trainyard did not foresee.',
    remedy: 'Run again with DEBUG=trainyard for the stack trace, and report it.',
  },
  CONFIG_INVALID: {
    exitCode: 2,
    what: 'A setting of a worker has a value that cannot be used.',
    remedy: 'Correct the environment variable that the message names; docs/operations.md lists them all.',
  },
  DEV_RUNNING: {
    exitCode: 5,
    what: 'A `trainyard dev` runs in this folder already.',
    remedy: 'Use that one, or stop it with Ctrl-C first.',
  },
  DEV_PART_FAILED: {
    exitCode: 1,
    what: 'The worker or the local AWS endpoint of `trainyard dev` did not start.',
    remedy: 'Read the log that the message names.',
  },
  EXAMPLES_MISSING: {
    exitCode: 1,
    what: 'The examples are not there: they are part of the repository, not of the published package.',
    remedy: 'Run this in a clone of the repository, or run `trainyard dev` without --examples.',
  },
  JOB_INVALID: {
    exitCode: 2,
    what: 'The job cannot be accepted as it is written.',
    remedy:
      'Correct what the message lists; each line has the place, the value and what is allowed. See docs/job-file.md.',
  },
  JOB_FILE_UNREADABLE: {
    exitCode: 2,
    what: 'The job file is not a text with one job in it: it is empty, binary, or too large.',
    remedy: 'Write one job per file, as UTF-8 text of at most 256 KiB.',
  },
  JOB_FILE_SYNTAX: {
    exitCode: 2,
    what: 'The job file is not YAML or JSON.',
    remedy: 'Correct the syntax at the line and column of the message.',
  },
  JOB_KEY_UNKNOWN: {
    exitCode: 2,
    what: 'The job has a key that does not exist.',
    remedy: 'Correct the spelling, or leave it out; the message lists the keys that exist.',
  },
  JOB_KEY_MISSING: {
    exitCode: 2,
    what: 'The job lacks something that SageMaker or Trainyard needs.',
    remedy: 'Add the key that the message names.',
  },
  JOB_VALUE_INVALID: {
    exitCode: 2,
    what: 'A value of the job has a wrong type or is out of range.',
    remedy: 'Choose a value that the message allows.',
  },
  JOB_CONTRADICTION: {
    exitCode: 2,
    what: 'Two settings of the job exclude each other.',
    remedy: 'Keep one of the two.',
  },
  JOB_PLACEMENT_IMPOSSIBLE: {
    exitCode: 2,
    what: 'No instance type satisfies the constraints of a placement.',
    remedy: 'Relax the constraints that the message names.',
  },
  JOB_SET_INVALID: {
    exitCode: 2,
    what: 'A `--set` is not of the form key=value.',
    remedy:
      'Write the path of the key with dots and its value as YAML: --set training.ResourceConfig.InstanceCount=2',
  },
  QUEUE_INVALID: {
    exitCode: 2,
    what: 'The queue cannot be accepted as it is written.',
    remedy:
      'Correct what the message lists; each line has the place, the value and what is allowed. See docs/queues.md.',
  },
  QUEUE_FILE_UNREADABLE: {
    exitCode: 2,
    what: 'The queue file is not a text with queues in it: it is empty, binary, or too large.',
    remedy: 'Write queues as UTF-8 text of at most 256 KiB, with `---` between two of them.',
  },
  QUEUE_FILE_SYNTAX: {
    exitCode: 2,
    what: 'The queue file is not YAML or JSON.',
    remedy: 'Correct the syntax at the line and column of the message.',
  },
  QUEUE_KEY_UNKNOWN: {
    exitCode: 2,
    what: 'The queue has a key that does not exist.',
    remedy: 'Correct the spelling, or leave it out; the message lists the keys that exist.',
  },
  QUEUE_KEY_MISSING: {
    exitCode: 2,
    what: 'The queue lacks something that it needs.',
    remedy: 'Add the key that the message names.',
  },
  QUEUE_VALUE_INVALID: {
    exitCode: 2,
    what: 'A value of the queue has a wrong type or is out of range.',
    remedy: 'Choose a value that the message allows.',
  },
  QUEUE_CONTRADICTION: {
    exitCode: 2,
    what: 'Settings of the queue exclude each other, or name something that the queue does not have.',
    remedy: 'Correct one of them; the message says what they say together.',
  },
  DUPLICATE_QUEUE: {
    exitCode: 2,
    what: 'Two queues of one `queue apply` have the same name.',
    remedy: 'Give each queue its own name.',
  },
  SCENARIO_INVALID: {
    exitCode: 2,
    what: 'The scenario cannot be simulated as it is written.',
    remedy:
      'Correct what the message lists; each line has the place, the value and what is allowed. See docs/simulate.md.',
  },
  SCENARIO_FILE_UNREADABLE: {
    exitCode: 2,
    what: 'The scenario file is not a text with one scenario in it, or its trace file cannot be used.',
    remedy:
      'Write one scenario per file, as UTF-8 text of at most 256 KiB; larger loads go into a trace file.',
  },
  SCENARIO_FILE_SYNTAX: {
    exitCode: 2,
    what: 'The scenario file is not YAML or JSON, or the trace file is not CSV.',
    remedy: 'Correct the syntax at the line and column of the message.',
  },
  SCENARIO_KEY_UNKNOWN: {
    exitCode: 2,
    what: 'The scenario has a key, or its trace a column, that does not exist.',
    remedy: 'Correct the spelling, or leave it out; the message lists what exists.',
  },
  SCENARIO_KEY_MISSING: {
    exitCode: 2,
    what: 'The scenario lacks a key, or its trace a column, that it needs.',
    remedy: 'Add what the message names.',
  },
  SCENARIO_VALUE_INVALID: {
    exitCode: 2,
    what: 'A value of the scenario or of its trace has a wrong type or is out of range.',
    remedy: 'Choose a value that the message allows.',
  },
  SCENARIO_CONTRADICTION: {
    exitCode: 2,
    what: 'Parts of the scenario exclude each other, or name something that its queue does not have.',
    remedy: 'Correct one of them; the message says what they say together.',
  },
  LOCAL_AWS_CONFIG: {
    exitCode: 2,
    what: 'The config of the local AWS endpoint cannot be used.',
    remedy: 'Correct what the message lists; docs/local-aws.md has every key.',
  },
  LOCAL_AWS_IN_USE: {
    exitCode: 5,
    what: 'Another local AWS endpoint works on the same data directory.',
    remedy: 'Use that one, stop it first, or name another directory with --data.',
  },
  LOCAL_AWS_STATE: {
    exitCode: 1,
    what: 'The stored state of the local AWS endpoint cannot be read or written.',
    remedy:
      'Check disk space and permissions; to start afresh, remove the `state` folder of the data directory.',
  },
  DATA_DIR_INVALID: {
    exitCode: 2,
    what: 'The data directory is a file, or cannot be made.',
    remedy: 'Name a directory that you may write to with --data.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

export interface ErrorPlace {
  /** File or argument that the error is about. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  readonly column?: number;
  /** Path inside the document: `training.ResourceConfig.InstanceCount`. */
  readonly path?: string;
}

/** An error with a code of the catalogue. `message` says what happened here, `hint` what is allowed or what to do. */
export class TrainyardError extends Error {
  override readonly name = 'TrainyardError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly place: ErrorPlace | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; place?: ErrorPlace; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.place = options.place;
  }
}
