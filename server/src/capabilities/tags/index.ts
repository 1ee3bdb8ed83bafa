/**
 * Tags of SageMaker resources, by ARN: AddTags, ListTags and DeleteTags, and what creators and deleters
 * of resources use. Which resources there are is said by the capabilities that own them.
 */

export { createTagOperations, type ResourceLookup, type TaggableKinds } from './tag.operations.ts'
export { copyTags, deleteTags, insertTags, readTags, removeTags, TAGS_MAX, tagsOf } from './tag.ts'
