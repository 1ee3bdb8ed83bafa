import { randomBytes, randomUUID } from 'node:crypto'

const ALPHANUMERIC = '0123456789abcdefghijklmnopqrstuvwxyz'

/** A random identifier as AWS writes request ids: a version 4 UUID. */
export function newUuid(): string {
  return randomUUID()
}

/** `length` random characters of [0-9a-z]; 36^length possibilities. */
export function newShortId(length: number): string {
  let id = ''
  while (id.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 252 && id.length < length) id += ALPHANUMERIC[byte % 36]
    }
  }
  return id
}

/** `length` random characters of [0-9a-f]. */
export function newHexId(length: number): string {
  return randomBytes(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length)
}

/** A random number in [0, 1): the one source of chance outside `statistics/`. */
export function random(): number {
  return Math.random()
}
