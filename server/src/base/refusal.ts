/** What a person or a test suite asked of the platform itself cannot be done; the message says what can. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
