import { InvalidInputError, type Path, type Problem, showValue } from '../jobs/job-problem.ts';
import { schemaProblems, valueAt } from '../jobs/schema-problems.ts';
import type { Json } from '../jobs/training-request.ts';
import { readYamlDocuments } from '../jobs/yaml-text.ts';
import { checkQueue } from '../queues/queue-schema.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import { hasShare, shareNames } from './entitlement.ts';
import { type LoadContext, readLoad } from './load.ts';
import type { CapacityChange, Scenario, SimulatedPolicy } from './scenario.ts';
import { scenarioProblem, unknownName } from './scenario-problem.ts';
import { scenarioSchema, type WrittenChange, type WrittenScenario } from './scenario-schema.ts';

export interface ScenarioFileOptions {
  /** What messages call the file; `-` is shown as `<stdin>`. */
  readonly file: string;
  /** In place of the scenario's own. */
  readonly seed?: number;
  /** The text of a trace file, whose path is relative to the scenario file. May throw. */
  readonly readTrace: (path: string) => string;
}

export interface CheckedScenario {
  /** Absent when a problem is an error. */
  readonly scenario?: Scenario;
  readonly problems: readonly Problem[];
}

const KIND = {
  prefix: 'SCENARIO',
  noun: 'scenario',
  least: 'one scenario, a mapping that has at least the keys queue and load',
} as const;

/**
 * The scenario in the text of a scenario file (YAML or JSON).
 * @throws InvalidInputError (a TrainyardError, code SCENARIO_INVALID) with every problem, each with its place
 */
export function parseScenarioFile(text: string, options: ScenarioFileOptions): Scenario {
  const { scenario, problems } = checkScenarioFile(text, options);
  if (scenario === undefined) throw new InvalidInputError('SCENARIO_INVALID', problems);
  return scenario;
}

/** As parseScenarioFile, but with the warnings, and without throwing. */
export function checkScenarioFile(text: string, options: ScenarioFileOptions): CheckedScenario {
  const file = options.file === '-' ? '<stdin>' : options.file;
  const { documents, problems: syntax } = readYamlDocuments(text, KIND);
  const [document, second] = documents;
  if (document === undefined) return { problems: syntax.map((problem) => ({ ...problem, file })) };
  if (second !== undefined) {
    const what = 'the file holds a second document';
    const problem = scenarioProblem('FILE_UNREADABLE', [], what, { allowed: 'one scenario per file' });
    return { problems: [{ ...problem, file, ...second.position([], 'value') }] };
  }
  const checked = checkScenario(document.value, options);
  const problems = checked.problems.map((problem) => {
    // A trace's problems have their own file and line.
    if (problem.file !== undefined) return problem;
    const part = problem.code.endsWith('_KEY_UNKNOWN') ? 'key' : 'value';
    return { ...problem, file, ...document.position(problem.path, part) };
  });
  return {
    ...checked,
    problems: problems.sort(
      (a, b) =>
        Number(a.file !== file) - Number(b.file !== file) ||
        (a.line ?? 0) - (b.line ?? 0) ||
        (a.column ?? 0) - (b.column ?? 0),
    ),
  };
}

function checkScenario(json: Json, options: ScenarioFileOptions): CheckedScenario {
  if (valueAt(json, ['queue']) === undefined && valueAt(json, ['serviceEnvironments']) !== undefined) {
    const allowed = 'a mapping with the keys queue (what a queue file holds) and load (see docs/simulate.md)';
    return {
      problems: [scenarioProblem('KEY_MISSING', [], 'this is a queue, and no scenario', { allowed })],
    };
  }
  const parsed = scenarioSchema.safeParse(json);
  const problems = parsed.success ? [] : schemaProblems(parsed.error.issues, json, 'SCENARIO');
  const queue = checkOwnQueue(json, problems);
  if (!parsed.success || queue === undefined) return { problems };
  const written = parsed.data;
  const seed = options.seed ?? written.seed;
  const policies = readPolicies(json, written, queue, problems);
  const capacity = readCapacity(written.capacity, queue, problems);
  const context: LoadContext = {
    queue,
    seed,
    ...(written.preemption.checkpoint === undefined
      ? {}
      : { checkpointSeconds: written.preemption.checkpoint / 1000 }),
    readTrace: options.readTrace,
    folder: options.file.slice(0, options.file.lastIndexOf('/') + 1),
  };
  const jobs = readLoad(written.load, context, problems);
  checkShares(policies, new Set(jobs.map(({ share }) => share)), problems);
  if (problems.some(({ severity }) => severity === 'error')) return { problems };
  return {
    scenario: {
      name: written.name ?? queue.name,
      ...(written.about === undefined ? {} : { about: written.about }),
      seed,
      policies,
      jobs,
      capacity,
      stopFor: written.preemption.stop,
    },
    problems,
  };
}

function checkOwnQueue(json: Json, problems: Problem[]): QueueSpec | undefined {
  const value = valueAt(json, ['queue']);
  if (value === undefined) {
    problems.push(
      scenarioProblem('KEY_MISSING', ['queue'], 'is missing', { allowed: 'a queue, as in a queue file' }),
    );
    return undefined;
  }
  const checked = checkQueue(value);
  problems.push(...checked.problems.map((problem) => ({ ...problem, path: ['queue', ...problem.path] })));
  return checked.queue;
}

const POLICY_KEYS = ['fifo', 'fairShare', 'quotaShare'];

function readPolicies(
  json: Json,
  { compare = [] }: WrittenScenario,
  queue: QueueSpec,
  problems: Problem[],
): readonly [SimulatedPolicy, ...SimulatedPolicy[]] {
  const own: SimulatedPolicy = { name: queue.policy.kind, setup: queue };
  const names = new Set([own.name]);
  const others = compare.flatMap((entry, index): SimulatedPolicy[] => {
    const path = ['compare', index];
    if (names.has(entry.name)) {
      const what = `${showValue(entry.name)} is the name of another policy already`;
      problems.push(scenarioProblem('CONTRADICTION', [...path, 'name'], what, { allowed: 'each name once' }));
      return [];
    }
    names.add(entry.name);
    const setup = comparedQueue(json, path, problems);
    return setup === undefined ? [] : [{ name: entry.name, setup }];
  });
  return [own, ...others];
}

/** The queue with what the entry has in place of its own. */
function comparedQueue(json: Json, path: Path, problems: Problem[]): QueueSpec | undefined {
  const { name: _, ...changes } = membersOf(valueAt(json, path));
  const members = Object.entries(membersOf(valueAt(json, ['queue'])));
  const replacesPolicy = POLICY_KEYS.some((key) => Object.hasOwn(changes, key));
  const kept = members.filter(([key]) => !(replacesPolicy && POLICY_KEYS.includes(key)));
  const { queue, problems: found } = checkQueue({ ...Object.fromEntries(kept), ...changes });
  problems.push(...found.map((problem) => ({ ...problem, path: [...path, ...problem.path] })));
  return queue;
}

function membersOf(value: Json | undefined): Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

function readCapacity(
  written: readonly WrittenChange[],
  { environments }: QueueSpec,
  problems: Problem[],
): readonly CapacityChange[] {
  const names = environments.map(({ name }) => name);
  const changes = written.flatMap(({ at, environment, limit, outage }, index): CapacityChange[] => {
    const path = ['capacity', index];
    if (!names.includes(environment)) {
      problems.push(unknownName([...path, 'environment'], 'service environment', environment, names));
      return [];
    }
    if ((limit === undefined) === (outage === undefined)) {
      problems.push(
        scenarioProblem('CONTRADICTION', path, 'a change is one of two things', {
          allowed: 'exactly one of limit, outage',
        }),
      );
      return [];
    }
    return [
      ...(limit === undefined ? [] : [{ kind: 'limit' as const, at, environment, limit }]),
      ...(outage === undefined
        ? []
        : [
            { kind: 'outage' as const, at, environment },
            { kind: 'restored' as const, at: at + outage, environment },
          ]),
    ];
  });
  return changes.sort((a, b) => a.at - b.at);
}

/** Every policy has to know the shares of the load. The queue's own are checked with the load. */
function checkShares(
  [, ...others]: readonly [SimulatedPolicy, ...SimulatedPolicy[]],
  shares: ReadonlySet<string>,
  problems: Problem[],
): void {
  for (const { name, setup } of others) {
    const index = others.findIndex((other) => other.name === name);
    const unknown = [...shares].find((share) => !hasShare(setup.policy, share));
    if (unknown !== undefined)
      problems.push(unknownName(['compare', index], 'share', unknown, shareNames(setup.policy)));
  }
}
