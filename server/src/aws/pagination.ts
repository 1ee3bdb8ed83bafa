/**
 * Page tokens: where the next page starts, opaque to clients. They carry no secret; a caller who makes
 * one up gets another page of what it may list anyway.
 */
export function encodePageToken(position: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** @returns undefined when `token` was not made by `encodePageToken` */
export function decodePageToken<T extends object>(token: string): T | undefined {
  try {
    const position: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    return typeof position === 'object' && position !== null ? (position as T) : undefined
  } catch {
    return undefined
  }
}
