import type { ResponseHead } from '../http1/message-head.ts'
import type { UpstreamFailure } from '../http1/upstream-connection.ts'

/** What becomes of a container's answer on its way to the caller. */
export interface ContainerAnswer {
  begin(head: ResponseHead): void
  data(piece: Buffer): void
  end(): void
  /** The answer will not become complete. @returns true when the caller has been told */
  fail(failure: UpstreamFailure): boolean
  /** A fault of ours. @returns true when the caller has been told, in the middle of an answer */
  breakOff?(message: string): boolean
  /** True: it is another container's request, at the same replica. */
  readonly goesOn?: boolean
}
