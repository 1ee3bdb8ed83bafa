import type { Tag } from '@aws-sdk/client-s3'
import { invalidArgument, invalidTag, tooManyTags } from '../../aws/s3-errors.ts'

/** @source Amazon S3 User Guide, "Categorizing your objects using tags" */
const TAGS_MAX = 10
const KEY_CHARACTERS_MAX = 128
const VALUE_CHARACTERS_MAX = 256
const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

export interface ObjectTag {
  readonly Key: string
  readonly Value: string
}

/** The tags of a `TagSet`, in its order. @throws InvalidTag, or BadRequest for more than ten */
export function validateTags(tagSet: readonly Tag[]): ObjectTag[] {
  if (tagSet.length > TAGS_MAX) throw tooManyTags()
  const seen = new Set<string>()
  return tagSet.map(({ Key = '', Value = '' }) => {
    if (Key === '' || Key.length > KEY_CHARACTERS_MAX || !CHARACTERS.test(Key)) {
      throw invalidTag('The TagKey you have provided is invalid', Key)
    }
    if (Value.length > VALUE_CHARACTERS_MAX || !CHARACTERS.test(Value)) {
      throw invalidTag('The TagValue you have provided is invalid', Key)
    }
    if (Key.toLowerCase().startsWith('aws:')) {
      throw invalidTag('System tags cannot be added/updated by requester', Key)
    }
    if (seen.has(Key)) throw invalidTag('Cannot provide multiple Tags with the same key', Key)
    seen.add(Key)
    return { Key, Value }
  })
}

/** Reads the header `x-amz-tagging`: `project=blue&stage=test`, URL-encoded. @throws as `validateTags` */
export function parseTaggingHeader(header: string | undefined): ObjectTag[] {
  if (!header) return []
  const pairs = header.split('&').filter((pair) => pair !== '')
  try {
    const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))
    const tags = pairs.map((pair) => {
      const [key = '', ...value] = pair.split('=')
      return { Key: decode(key), Value: decode(value.join('=')) }
    })
    return validateTags(tags)
  } catch (error) {
    if (!(error instanceof URIError)) throw error
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters" +
        ' without tag name duplicates.',
      { name: 'x-amz-tagging', value: header },
    )
  }
}
