import type { Path, Problem } from './job-problem.ts';
import { contradiction, problem, type Reader, reader } from './rule-parts.ts';
import { valueAt } from './schema-problems.ts';
import type { Json } from './training-request.ts';

const RESOURCES = ['training', 'ResourceConfig'];
const SPOT = ['training', 'EnableManagedSpotTraining'];

/**
 * Exactly one way of naming instances, for jobs as people write them (AWS: train-instance-preferences in the SageMaker
 * developer guide): InstanceType × InstanceCount and `placements`, or InstanceGroups, or InstancePreferences.
 */
export function resourceProblems(job: Json): Problem[] {
  const is = reader(job);
  const at = (key: string): Path => [...RESOURCES, key];
  const [type, count] = [is.given(at('InstanceType')), is.given(at('InstanceCount'))];
  const ways = ['InstanceType', 'InstanceGroups', 'InstancePreferences'].filter((key) => is.given(at(key)));
  const sageMakerChooses = ways.find((key) => key !== 'InstanceType');
  const problems: Problem[] = [];
  if (ways.length > 1) {
    const what = `cannot be given together with ${ways.slice(0, -1).join(' and ')}`;
    problems.push(contradiction(at(ways.at(-1) ?? ''), what, { allowed: 'one of them' }));
  }
  if (sageMakerChooses !== undefined && is.given(['placements'])) {
    const what = `cannot be given together with ${sageMakerChooses}, with which SageMaker chooses the instances`;
    problems.push(contradiction(['placements'], what, { hint: 'Use one of them.' }));
  }
  if (sageMakerChooses === undefined && is.given(RESOURCES)) {
    if (type && !count)
      problems.push(
        problem('JOB_KEY_MISSING', at('InstanceCount'), 'is missing', {
          allowed: 'a whole number from 1 to 1000',
        }),
      );
    if (!type && count) {
      const hint = 'Give the InstanceType too, or write the count into placements.';
      problems.push(contradiction(at('InstanceCount'), 'has no meaning without an InstanceType', { hint }));
    }
    if (!type && !is.given(['placements'])) {
      const allowed = 'InstanceType and InstanceCount here, or a list of placements in the job';
      problems.push(problem('JOB_KEY_MISSING', at('InstanceType'), 'is missing', { allowed }));
    }
  }
  return [...problems, ...preferenceProblems(is, at)];
}

function preferenceProblems(is: Reader, at: (key: string) => Path): Problem[] {
  if (!is.given(at('InstancePreferences'))) {
    return is.given(at('InstanceGroups')) && is.given(at('InstanceCount'))
      ? [
          contradiction(
            at('InstanceCount'),
            'cannot be given together with InstanceGroups, which have counts of their own',
          ),
        ]
      : [];
  }
  const counted = is
    .list(at('InstancePreferences'))
    .filter((entry) => valueAt(entry, ['InstanceCount']) !== undefined).length;
  const all = is.list(at('InstancePreferences')).length;
  const problems: Problem[] = [];
  if (is.given(at('InstanceCount')) ? counted > 0 : counted < all) {
    const allowed = 'one InstanceCount in ResourceConfig, or one in every entry';
    problems.push(
      contradiction(at('InstancePreferences'), `has ${counted} counts for ${all} entries`, { allowed }),
    );
  }
  if (is.isTrue(SPOT)) {
    problems.push(contradiction(SPOT, 'cannot be used with InstancePreferences'));
  }
  return problems;
}
