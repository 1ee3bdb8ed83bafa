/**
 * A refusal in AWS's terms: what the caller did wrong, under the code that this service uses for it.
 * The HTTP status and the bytes are the wire's business (`wire/error-response.ts`).
 */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  readonly code: string
  readonly fault: 'client' | 'server'
  /** Modelled members beside the message, e.g. `BucketName`, `OriginalStatusCode`. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { fault?: 'client' | 'server'; members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message)
    this.code = code
    this.fault = options.fault ?? 'client'
    this.members = options.members ?? {}
  }
}

/** A field that fails its published constraint; `path` in AWS's spelling, e.g. `resourceConfig.instanceCount`. */
export interface ConstraintFault {
  readonly path: string
  readonly value?: unknown
  readonly message: string
}

/**
 * All faults of one request in AWS's words:
 * `2 validation errors detected: Value 'x' at 'y' failed to satisfy constraint: Member must …; …`
 */
export function validationErrors(faults: readonly ConstraintFault[]): AwsError {
  const head = `${faults.length} validation error${faults.length === 1 ? '' : 's'} detected`
  const clauses = faults.map(({ path, value, message }) => {
    const shown = value === undefined ? 'Value at' : `Value '${String(value)}' at`
    return `${shown} '${path}' failed to satisfy constraint: ${message}`
  })
  return new AwsError('ValidationException', `${head}: ${clauses.join('; ')}`)
}

/** SageMaker, CloudWatch Logs and most JSON services: a request that is well formed but wrong. */
export function validationException(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

/** SageMaker's code for a name that is taken, or a state that forbids the change. */
export function resourceInUse(message: string): AwsError {
  return new AwsError('ResourceInUse', message)
}

/** SageMaker's code for a missing resource in the operations that model it. */
export function resourceNotFound(message: string): AwsError {
  return new AwsError('ResourceNotFound', message)
}

export function resourceLimitExceeded(message: string): AwsError {
  return new AwsError('ResourceLimitExceeded', message)
}

export function accessDenied(message: string): AwsError {
  return new AwsError('AccessDeniedException', message)
}

/** Where something cannot be done here at all; names what, and does not invite a retry. */
export function notImplemented(message: string): AwsError {
  return new AwsError('NotImplemented', message)
}
