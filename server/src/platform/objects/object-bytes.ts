import type { Readable } from 'node:stream'

/**
 * Where the bytes of objects are kept. Names, metadata and visibility are rows (`capabilities/objects`);
 * this contract only stores and returns byte sequences under ids that it makes. A sequence never changes.
 *
 * A new sequence is in flight until `settle` tells that a committed row refers to it, or that none ever
 * will. `reconcile` resolves what a crash left in flight. It can be read from the moment it exists.
 */
export interface ObjectBytes {
  /**
   * Stores a stream durably: when this resolves the bytes survive power loss, though nothing refers to
   * them yet. Rejects with the source's error, leaving nothing behind. Memory stays flat.
   *
   * @throws NoSpaceError when the disk is full
   */
  write(source: AsyncIterable<Uint8Array>): Promise<StoredBytes>
  /**
   * The same bytes under a second id, in flight, as durable as by `write` and without rewriting them
   * where the store can. Removing one leaves the other. @throws NoSuchBytesError
   */
  duplicate(id: string): Promise<string>
  /** Ends the flight of `ids`. Never rejects: what cannot be done now is done by `reconcile`. */
  settle(ids: readonly string[], outcome: 'kept' | 'discarded'): Promise<void>
  /**
   * The bytes of `segments`, one after the other. What is being read stays readable until the stream is
   * closed, even when it is removed meanwhile. @throws NoSuchBytesError when one is not there
   */
  read(segments: readonly Segment[]): Promise<Readable>
  /**
   * Removes bytes for good. Idempotent.
   *
   * @returns the ids that are gone; the rest is being read by this process and is to be tried again
   */
  remove(ids: readonly string[]): Promise<readonly string[]>
  /**
   * Resolves what processes that have died left in flight: keeps what `isReferenced` says has a row and
   * removes the rest. Harmless at any time and in several processes at once.
   */
  reconcile(isReferenced: (ids: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void>
}

export interface StoredBytes {
  readonly id: string
  readonly sizeBytes: number
}

/** Bytes `start` to `end` inclusive of the sequence `id`; never empty. */
export interface Segment {
  readonly id: string
  readonly start: number
  readonly end: number
}

/** The disk, or the quota on it, is full. */
export class NoSpaceError extends Error {
  override readonly name = 'NoSpaceError'
}

/** Nothing is stored under this id: it was removed, or never was. */
export class NoSuchBytesError extends Error {
  override readonly name = 'NoSuchBytesError'
}
