import { type AwsError, resourceInUse, validationException } from '../../aws/errors.ts'

/**
 * What StopTrainingJob and its like say of a job that is not theirs to stop any more.
 *
 * @param noun e.g. `training job`
 * @source recorded answers in public issues; clients match on its beginning
 */
export function wrongStatus(noun: string, status: string): AwsError {
  return validationException(`The request was rejected because the ${noun} is in status ${status}.`)
}

/** @param nouns.names who is meant, e.g. `Training job names`; `one`, e.g. `a training job` */
export function nameTaken(
  nouns: { readonly names: string; readonly one: string },
  arn: string,
): AwsError {
  return resourceInUse(
    `${nouns.names} must be unique within an AWS account and region, and ${nouns.one} with this name ` +
      `already exists (${arn})`,
  )
}
