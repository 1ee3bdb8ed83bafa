/** What is wrong with a metric maths expression, in words for its author. */
export class MathFault extends Error {
  override readonly name = 'MathFault'
}

/** A function of CloudWatch's that is known and not built. */
export class MathNotBuilt extends Error {
  override readonly name = 'MathNotBuilt'
}
