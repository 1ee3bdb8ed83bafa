import { containerRequestHead, type RoutedVariant } from '../../capabilities/inference/index.ts'
import type { RequestHead, ResponseHead } from '../http1/message-head.ts'
import type { CaptureTaps } from './capture-taps.ts'

/** A request as it goes to a container, the same to each that gets it. */
export class SentRequest {
  readonly requestId: string
  /** The caller's. */
  readonly head: RequestHead
  /** The head that the container gets, as text. */
  readonly containerHead: string
  readonly body: Buffer
  /** Whether it is among those that are captured, with its copies. */
  readonly isCaptured: boolean
  private readonly captures: CaptureTaps

  constructor(
    variant: RoutedVariant,
    of: Pick<SentRequest, 'requestId' | 'head' | 'body'> & {
      readonly streaming: boolean
      readonly captures: CaptureTaps
    },
  ) {
    const { requestId, head, body, streaming, captures } = of
    this.requestId = requestId
    this.head = head
    this.body = body
    this.captures = captures
    this.containerHead = containerRequestHead(head, { bodyBytes: body.length, streaming })
    this.isCaptured = captures.chooses(variant)
  }

  /** Takes down what the container said of it. @param body undefined when it was too much */
  captured(variant: RoutedVariant, response: ResponseHead, body: Buffer | undefined): void {
    if (!body) {
      this.captures.dropped(variant)
      return
    }
    this.captures.capture({
      variant,
      eventId: this.requestId,
      request: this.head,
      requestBody: this.body,
      response,
      responseBody: body,
    })
  }
}
