import type { ResponseHead } from '../http1/message-head.ts'
import type { ContainerAnswer } from './container-answer.ts'
import type { Invocation } from './invocation.ts'
import { isSuccess, WholeAnswer } from './whole-answer.ts'

/** Collects what a container says that is not the last one, for the next. Its error is the caller's answer. */
export class HandedOnAnswer implements ContainerAnswer {
  private readonly invocation: Invocation
  private head: ResponseHead | undefined
  private error: WholeAnswer | undefined
  private readonly pieces: Buffer[] = []
  private bytes = 0

  constructor(invocation: Invocation) {
    this.invocation = invocation
  }

  get goesOn(): boolean {
    return this.error === undefined
  }

  begin(head: ResponseHead): void {
    this.head = head
    if (isSuccess(head)) return
    this.error = new WholeAnswer(this.invocation)
    this.error.begin(head)
  }

  data(piece: Buffer): void {
    if (this.error) {
      this.error.data(piece)
      return
    }
    this.bytes += piece.length
    if (this.bytes <= this.invocation.services.limits.bodyBytesMax) this.pieces.push(piece)
    else this.invocation.endVerbose()
  }

  end(): void {
    if (this.error) this.error.end()
    else if (this.head) this.invocation.handOn(this.head, Buffer.concat(this.pieces))
  }

  fail(): boolean {
    return this.error?.fail() ?? false
  }
}
