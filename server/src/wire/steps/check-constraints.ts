import { AwsError, validationErrors } from '../../aws/errors.ts'
import { constraintTable } from './constraints/constraint-table.ts'
import { faultsOf } from './constraints/faults.ts'

/**
 * Holds an input against its published constraints; all faults come in one message.
 *
 * @param options.code the service's own code for this, e.g. `ValidationException`
 * @throws AwsError
 */
export function checkConstraints(
  input: object,
  options: { service: string; operation: string; code: string },
): void {
  const table = constraintTable(options.service)
  const shape = table.operations[options.operation]
  if (shape === undefined) return
  const faults = faultsOf(shape, input, table)
  if (faults.length > 0) throw new AwsError(options.code, validationErrors(faults).message)
}
