import type { RequestHead } from '../http1/message-head.ts'

/** A request as it went to a container. */
export interface SentRequest {
  readonly requestId: string
  /** The caller's. */
  readonly head: RequestHead
  /** The head that the container got, as text. */
  readonly containerHead: string
  readonly body: Buffer
  /** Whether it is among those that are captured, with its copies. */
  readonly isCaptured: boolean
}
