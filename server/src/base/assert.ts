/** Thrown when our own code is wrong; the wire answers `InternalFailure` and only the log sees the stack. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure'
}

/** Holds what must be true whatever a caller sends. @throws AssertionFailure */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

/** For the `default` of an exhaustive switch. @throws AssertionFailure */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${JSON.stringify(value)}`)
}
