import type { Readable } from 'node:stream'

/**
 * Where the bytes of objects are kept. Names, metadata and visibility are rows (`capabilities/objects`);
 * this contract only stores and returns byte sequences under ids that it makes.
 */
export interface ObjectBytes {
  /**
   * Stores a stream durably: when this resolves the bytes survive power loss, though nothing refers to
   * them yet. `settle` tells that a committed row does, or never will; what was neither is resolved by
   * `reconcile` after a crash. Rejects with the stream's error, or `NoSpaceError`, leaving nothing behind.
   */
  write(source: Readable, options?: { readonly sizeMaxBytes?: number }): Promise<StoredBytes>
  settle(id: string, outcome: 'kept' | 'discarded'): Promise<void>
  /** Bytes `start` to `end` inclusive, all by default. @throws when there is no such id */
  read(id: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>
  /** Joins stored sequences, in order, into a new one, as durable as `write`; the parts stay. */
  concatenate(ids: readonly string[]): Promise<StoredBytes>
  /** Removes bytes; readers that hold them open finish. Idempotent. */
  remove(ids: readonly string[]): Promise<void>
  /** After a crash: keeps what `isReferenced` says has a row and removes the rest that was in flight. */
  reconcile(isReferenced: (ids: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void>
}

export interface StoredBytes {
  readonly id: string
  readonly sizeBytes: number
}

/** The disk, or the quota on it, is full. */
export class NoSpaceError extends Error {
  override readonly name = 'NoSpaceError'
}
