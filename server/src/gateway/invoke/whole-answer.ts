import type { AwsError } from '../../aws/errors.ts'
import {
  callerResponseLines,
  containerError,
  type FailedContainer,
  refusedBefore,
} from '../../capabilities/inference/index.ts'
import { headerOf, type ResponseHead } from '../http1/message-head.ts'
import { dateLine } from './answer-head.ts'
import type { ContainerAnswer } from './container-answer.ts'
import type { Invocation } from './invocation.ts'
import type { MeteredEnd } from './metering.ts'

/** A container's error text is quoted in the message, up to this length. */
const ERROR_BYTES_MAX = 64 * 1024
const EMPTY = Buffer.alloc(0)
/** What a container's success is to metrics. */
export const ANSWERED: MeteredEnd = { status: 200, isModelError: false }

/**
 * Collects the container's answer and passes it on in one piece: only then is it known to be complete,
 * and a container that ends half way becomes a ModelError instead of a torn response.
 */
export class WholeAnswer implements ContainerAnswer {
  private readonly invocation: Invocation
  private head: ResponseHead | undefined
  private pieces: Buffer[] | undefined
  private first: Buffer = EMPTY
  private length = 0
  private container: FailedContainer | undefined

  constructor(invocation: Invocation) {
    this.invocation = invocation
  }

  begin(head: ResponseHead): void {
    this.head = head
    this.container = isSuccess(head) ? undefined : this.invocation.failedContainer()
  }

  data(piece: Buffer): void {
    this.length += piece.length
    const isError = this.container !== undefined
    if (isError && this.length > ERROR_BYTES_MAX) return
    if (this.length > this.invocation.services.limits.bodyBytesMax) {
      this.invocation.endVerbose()
      return
    }
    if (this.pieces) this.pieces.push(piece)
    else if (this.first.length === 0) this.first = piece
    else this.pieces = [this.first, piece]
  }

  end(): void {
    const { head, invocation } = this
    if (!head || invocation.exchange.isOver) return
    const body = this.pieces ? Buffer.concat(this.pieces) : this.first
    if (this.container) {
      const text = this.length > ERROR_BYTES_MAX ? undefined : body.toString('utf8')
      invocation.refuse(failureOf(this.container, head, text))
      return
    }
    const { exchange, requestId, variantName } = invocation
    exchange.respond(
      `HTTP/1.1 200 OK\r\nx-amzn-RequestId: ${requestId}\r\n` +
        `x-Amzn-Invoked-Production-Variant: ${variantName}\r\n` +
        `${callerResponseLines(head, false)}${dateLine()}` +
        `Content-Length: ${body.length}\r\n${exchange.connectionLine()}\r\n`,
      body,
    )
    invocation.answered(ANSWERED)
    if (invocation.isCaptured) invocation.captured(head, body)
  }

  fail(): boolean {
    const { container, head, invocation } = this
    if (!container || !head) return false
    invocation.refuse(containerError(container, { status: head.status, body: undefined }))
    return true
  }
}

/** Says for a container that holds many models why the one that was asked for cannot be had. */
const REFUSAL_HEADER = 'x-sagebrush-refusal'

function failureOf(
  container: FailedContainer,
  head: ResponseHead,
  body: string | undefined,
): AwsError {
  const code = container.isMultiModel ? headerOf(head, REFUSAL_HEADER) : undefined
  if (code !== undefined) return refusedBefore(code, body ?? '')
  return containerError(container, { status: head.status, body })
}

export function isSuccess(head: ResponseHead): boolean {
  return head.status >= 200 && head.status < 300
}
