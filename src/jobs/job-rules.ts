import { type Problem, showValue } from './job-problem.ts';
import { contradiction, problem, type Reader, reader, warning } from './rule-parts.ts';
import { valueAt } from './schema-problems.ts';
import { strayMembers } from './stray-members.ts';
import { DEFAULT_MAX_RUNTIME_SECONDS } from './ticket-facts.ts';
import type { Json } from './training-request.ts';

const TRAINING = ['training'];
const RESOURCES = ['training', 'ResourceConfig'];
const STOPPING = ['training', 'StoppingCondition'];

/** Rules that span several members of a job. */
export function jobProblems(job: Json): Problem[] {
  const is = reader(job);
  return [
    ...shareRule(is),
    ...algorithmRule(is),
    ...spotRules(is),
    ...channelRules(is),
    ...tagRules(is),
    ...retryRules(is),
    ...timeLimitRules(is),
    ...strayMembers(valueAt(job, TRAINING)),
  ];
}

function shareRule(is: Reader): Problem[] {
  return is.given(['share']) && !is.given(['queue'])
    ? [
        contradiction(['share'], 'has no meaning without a queue', {
          hint: 'Name the queue, or leave out the share.',
        }),
      ]
    : [];
}

function algorithmRule(is: Reader): Problem[] {
  const path = [...TRAINING, 'AlgorithmSpecification'];
  if (!is.given(path)) return [];
  const given = ['TrainingImage', 'AlgorithmName'].filter((key) => is.given([...path, key]));
  const allowed = 'either TrainingImage or AlgorithmName';
  if (given.length === 0)
    return [problem('JOB_KEY_MISSING', [...path, 'TrainingImage'], 'is missing', { allowed })];
  return given.length === 1
    ? []
    : [contradiction([...path, 'AlgorithmName'], 'cannot be given together with TrainingImage', { allowed })];
}

function spotRules(is: Reader): Problem[] {
  const [maxWait, maxRuntime] = [
    is.number([...STOPPING, 'MaxWaitTimeInSeconds']),
    is.number([...STOPPING, 'MaxRuntimeInSeconds']) ?? DEFAULT_MAX_RUNTIME_SECONDS,
  ];
  const spot = is.isTrue([...TRAINING, 'EnableManagedSpotTraining']);
  const waitPath = [...STOPPING, 'MaxWaitTimeInSeconds'];
  if (!spot) {
    const hint = 'Set training.EnableManagedSpotTraining to true, or leave it out.';
    return is.given(waitPath) ? [contradiction(waitPath, 'is only for spot training', { hint })] : [];
  }
  const problems: Problem[] = [];
  if (!is.given(waitPath)) {
    const allowed = `a whole number of seconds from MaxRuntimeInSeconds (${maxRuntime})`;
    problems.push(
      problem('JOB_KEY_MISSING', waitPath, 'is missing, and spot training needs it', { allowed }),
    );
  } else if (maxWait !== undefined && maxWait < maxRuntime) {
    const what = `${maxWait} is less than MaxRuntimeInSeconds (${maxRuntime})`;
    problems.push(
      contradiction(waitPath, what, { allowed: `at least ${maxRuntime}, because the wait includes the run` }),
    );
  }
  const keepAlive = [...RESOURCES, 'KeepAlivePeriodInSeconds'];
  if ((is.number(keepAlive) ?? 0) > 0)
    problems.push(contradiction(keepAlive, 'cannot be used with spot training'));
  if (!is.given([...TRAINING, 'CheckpointConfig'])) {
    const path = [...TRAINING, 'EnableManagedSpotTraining'];
    problems.push(
      warning(
        path,
        'is on without a CheckpointConfig: after every interruption the training starts from its beginning',
      ),
    );
  }
  return problems;
}

function channelRules(is: Reader): Problem[] {
  const path = [...TRAINING, 'InputDataConfig'];
  const channels = is.list(path);
  const sources = ['S3DataSource', 'FileSystemDataSource', 'DatasetSource'];
  return channels.flatMap((channel, index) => {
    const source = valueAt(channel, ['DataSource']);
    const given = sources.filter((key) => valueAt(source, [key]) !== undefined);
    const name = valueAt(channel, ['ChannelName']);
    const first = channels.findIndex((other) => valueAt(other, ['ChannelName']) === name);
    return [
      ...(typeof name === 'string' && first < index
        ? [
            contradiction(
              [...path, index, 'ChannelName'],
              `${showValue(name)} is the name of entry ${first} already`,
            ),
          ]
        : []),
      ...(typeof source === 'object' && given.length !== 1
        ? [
            contradiction([...path, index, 'DataSource'], `has ${given.length} sources`, {
              allowed: `exactly one of ${sources.join(', ')}`,
            }),
          ]
        : []),
    ];
  });
}

function tagRules(is: Reader): Problem[] {
  const path = [...TRAINING, 'Tags'];
  const keys = is.list(path).map((tag) => valueAt(tag, ['Key']));
  return keys.flatMap((key, index) => {
    if (typeof key !== 'string') return [];
    const place = [...path, index, 'Key'];
    if (/^(?:aws|trainyard):/i.test(key)) {
      return [
        problem('JOB_VALUE_INVALID', place, `${showValue(key)} is reserved`, {
          allowed: 'keys that do not begin with aws: or trainyard:',
        }),
      ];
    }
    return keys.indexOf(key) < index
      ? [contradiction(place, `${showValue(key)} is the key of entry ${keys.indexOf(key)} already`)]
      : [];
  });
}

function retryRules(is: Reader): Problem[] {
  const problems = (['backoff', 'capacityBackoff'] as const).flatMap((kind) => {
    const [initial, most] = [
      is.number(['retry', kind, 'initialSeconds']),
      is.number(['retry', kind, 'maxSeconds']),
    ];
    if (initial === undefined) return [];
    const limit = most ?? (kind === 'backoff' ? 600 : 1800);
    if (initial <= limit) return [];
    return [
      contradiction(['retry', kind, 'initialSeconds'], `${initial} is more than maxSeconds (${limit})`),
    ];
  });
  if ((is.number(['retry', 'attempts']) ?? 1) > 1 && !is.given([...TRAINING, 'CheckpointConfig'])) {
    const what =
      'is above 1 without a CheckpointConfig: every retry starts from the beginning of the training';
    problems.push(warning(['retry', 'attempts'], what));
  }
  return problems;
}

function timeLimitRules(is: Reader): Problem[] {
  const total = is.number(['timeLimits', 'totalSeconds']);
  if (total === undefined) return [];
  return ['attemptSeconds', 'waitingSeconds'].flatMap((key) => {
    const limit = is.number(['timeLimits', key]);
    if (limit === undefined || limit <= total) return [];
    return [
      contradiction(['timeLimits', key], `${limit} can never be reached, because totalSeconds is ${total}`),
    ];
  });
}
