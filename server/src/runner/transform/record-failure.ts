/** One object cannot be transformed; the others go on. */
export class RecordFailure extends Error {
  override readonly name = 'RecordFailure'
  /** What the container answered, for the data log. */
  readonly answer: string | undefined

  constructor(message: string, answer?: string) {
    super(message)
    this.answer = answer
  }
}

export function tooLarge(payloadBytesMax: number): RecordFailure {
  return new RecordFailure(
    `A record is larger than the maximum payload of ${payloadBytesMax} bytes: raise MaxPayloadInMB`,
  )
}
