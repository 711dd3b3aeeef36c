import { AwsError } from '../wire/aws-error.ts';
import { checkArn } from './arn.ts';
import type { Actions, SnsContext } from './context.ts';
import { invalidParameter } from './errors.ts';
import type { QueryParams } from './query-params.ts';
import type { Topic } from './state.ts';
import { members } from './xml.ts';

type Tags = Readonly<Record<string, string>>;

const MAX_TAGS = 50;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;

/** TagResource, UntagResource, ListTagsForResource; only topics have tags. */
export function tagActions({ state, home }: SnsContext): Actions {
  const resource = (params: QueryParams): Topic => {
    const topic = state.topic(checkArn(params.required('ResourceArn'), 'ResourceArn', home));
    if (topic === undefined) throw new AwsError('ResourceNotFound', 'Resource does not exist', 404);
    return topic;
  };
  return {
    ListTagsForResource: (params) => ({
      Tags: members(Object.entries(resource(params).tags).map(([Key, Value]) => ({ Key, Value }))),
    }),

    TagResource: (params) => {
      const topic = resource(params);
      const tags = { ...topic.tags, ...tagsIn(params) };
      checkTags(tags);
      state.putTopic({ ...topic, tags });
      return {};
    },

    UntagResource: (params) => {
      const topic = resource(params);
      const removed = params.texts('TagKeys');
      const tags = Object.fromEntries(Object.entries(topic.tags).filter(([key]) => !removed.includes(key)));
      state.putTopic({ ...topic, tags });
      return {};
    },
  };
}

/** @throws AwsError InvalidParameter when a key is there twice */
export function tagsIn(params: QueryParams): Tags {
  const tags = params
    .items('Tags.member')
    .map((tag) => [tag.required('Key'), tag.text('Value') ?? ''] as const);
  if (new Set(tags.map(([key]) => key)).size < tags.length) {
    throw invalidParameter('Duplicated keys are not allowed.');
  }
  return Object.fromEntries(tags);
}

/** @throws AwsError InvalidParameter, TagLimitExceeded */
export function checkTags(tags: Tags): void {
  const all = Object.entries(tags);
  if (all.length > MAX_TAGS) {
    throw new AwsError('TagLimitExceeded', 'Could not complete request: tag quota of per resource exceeded');
  }
  for (const [key, value] of all) {
    if (key.length < 1 || key.length > MAX_KEY_LENGTH) throw invalidParameter('Tag key');
    if (value.length > MAX_VALUE_LENGTH) throw invalidParameter('Tag value');
  }
}
