import { callerResponseLines } from '../../capabilities/inference/index.ts'
import type { ResponseHead } from '../http1/message-head.ts'
import type { UpstreamFailure } from '../http1/upstream-connection.ts'
import { dateLine } from './answer-head.ts'
import type { ContainerAnswer } from './container-answer.ts'
import { eventFrame, frameHeaders } from './event-frame.ts'
import type { Invocation } from './invocation.ts'
import type { MeteredEnd } from './metering.ts'
import { ANSWERED, isSuccess, WholeAnswer } from './whole-answer.ts'

const PAYLOAD_PART = frameHeaders({
  ':message-type': 'event',
  ':event-type': 'PayloadPart',
  ':content-type': 'application/octet-stream',
})
const MODEL_STREAM_ERROR = exception('ModelStreamError')
const INTERNAL_STREAM_FAILURE = exception('InternalStreamFailure')

/** Passes the container's answer on as it comes, each piece as one `PayloadPart` event. */
export class StreamedAnswer implements ContainerAnswer {
  private readonly invocation: Invocation
  private readonly chunked: boolean
  private head: ResponseHead | undefined
  /** What is captured of it; undefined when nothing is, or it was too much. */
  private captured: Buffer[] | undefined
  private capturedBytes = 0
  /** An answer that is an error is not streamed. */
  private error: WholeAnswer | undefined

  constructor(invocation: Invocation) {
    this.invocation = invocation
    this.chunked = invocation.exchange.head.minorVersion === 1
  }

  begin(head: ResponseHead): void {
    const { exchange, requestId, variantName } = this.invocation
    if (!isSuccess(head)) {
      this.error = new WholeAnswer(this.invocation)
      this.error.begin(head)
      return
    }
    this.head = head
    if (this.invocation.isCaptured) this.captured = []
    if (!this.chunked) exchange.closeAfterwards()
    const framing = this.chunked
      ? `Transfer-Encoding: chunked\r\n${exchange.connectionLine()}`
      : 'Connection: close\r\n'
    exchange.drained = () => this.invocation.resume()
    exchange.write(
      `HTTP/1.1 200 OK\r\nx-amzn-RequestId: ${requestId}\r\n` +
        `x-Amzn-Invoked-Production-Variant: ${variantName}\r\n` +
        'Content-Type: application/vnd.amazon.eventstream\r\n' +
        `${callerResponseLines(head, true)}${dateLine()}${framing}\r\n`,
    )
  }

  data(piece: Buffer): void {
    if (this.error) {
      this.error.data(piece)
      return
    }
    if (this.captured) this.keep(piece)
    if (!this.write(eventFrame(PAYLOAD_PART, piece))) this.invocation.pause()
    this.invocation.metering.firstChunk()
  }

  private keep(piece: Buffer): void {
    this.capturedBytes += piece.length
    if (this.capturedBytes <= this.invocation.services.limits.bodyBytesMax) {
      this.captured?.push(piece)
    } else this.captured = undefined
  }

  end(): void {
    if (this.error) {
      this.error.end()
      return
    }
    const { invocation, head, captured } = this
    if (invocation.exchange.isOver) return
    this.finish()
    if (head && invocation.isCaptured) {
      invocation.captured(head, captured && Buffer.concat(captured))
    }
  }

  fail(failure: UpstreamFailure): boolean {
    if (this.error) return this.error.fail()
    const late = failure.kind === 'timeout'
    const told = {
      Message: late
        ? 'The model failed to finish sending the response within the timeout period.'
        : 'The connection between the client and the model was reset or closed.',
      ErrorCode: late ? 'ModelInvocationTimeExceeded' : 'StreamBroken',
    }
    this.write(eventFrame(MODEL_STREAM_ERROR, Buffer.from(JSON.stringify(told))))
    this.finish({ status: 0, isModelError: true, isBroken: true })
    return true
  }

  breakOff(message: string): boolean {
    if (this.error || !this.head) return false
    const told = Buffer.from(JSON.stringify({ Message: message }))
    this.write(eventFrame(INTERNAL_STREAM_FAILURE, told))
    this.finish({ status: 500, isModelError: false, isBroken: true })
    return true
  }

  private write(frame: Buffer): boolean {
    const { exchange } = this.invocation
    if (!this.chunked) return exchange.write(frame)
    return exchange.writeChunk(frame)
  }

  private finish(end: MeteredEnd = ANSWERED): void {
    const { exchange } = this.invocation
    if (exchange.isOver) return
    if (this.chunked) exchange.write('0\r\n\r\n')
    exchange.finish()
    this.invocation.answered(end)
  }
}

function exception(name: string): Buffer {
  return frameHeaders({
    ':message-type': 'exception',
    ':exception-type': name,
    ':content-type': 'application/json',
  })
}
