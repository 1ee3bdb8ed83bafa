import type { TaskEnd } from '../platform/engines/engine.ts'

/** The task cannot go on; `endCause` and the message become its end. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure'
  readonly endCause: TaskEnd['cause']

  constructor(endCause: TaskEnd['cause'], message: string) {
    super(message)
    this.endCause = endCause
  }
}
