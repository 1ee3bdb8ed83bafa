/**
 * Keys in the order of their UTF-8 bytes, which is the order of code points. `NEXT` is the least text that can
 * follow a key: no key has a NUL.
 */
export const NEXT = '\u0001'

const CODE_POINT_MAX = 0x10ffff

/**
 * The least text greater than every text that starts with `prefix`.
 *
 * @returns undefined when there is none: for an empty prefix, or one of the greatest characters only
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < CODE_POINT_MAX) return String.fromCodePoint(...points, following(last))
  }
  return undefined
}

/**
 * Where a listing goes on after `marker`: behind the key of that name; behind all that it stands for when it is
 * a common prefix that a page before ended with.
 */
export function afterMarker(
  marker: string,
  { prefix, delimiter }: { prefix: string; delimiter: string | undefined },
): string {
  if (delimiter && commonPrefixOf(marker, { prefix, delimiter }) === marker) {
    return afterPrefix(marker) ?? marker + NEXT
  }
  return marker + NEXT
}

/** `key` up to and with the first delimiter after `prefix`; undefined when it has none there. */
export function commonPrefixOf(
  key: string,
  { prefix, delimiter }: { prefix: string; delimiter: string },
): string | undefined {
  if (!key.startsWith(prefix)) return undefined
  const found = key.indexOf(delimiter, prefix.length)
  return found < 0 ? undefined : key.slice(0, found + delimiter.length)
}

/** Encodes as S3 does under `encoding-type=url`: slashes stay, a space becomes a plus. */
export function urlEncodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
}

/** The next code point that text can have: surrogates are none. */
function following(point: number): number {
  return point === 0xd7ff ? 0xe000 : point + 1
}
