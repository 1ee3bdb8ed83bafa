import type { HostObservation } from './host.states.ts'

/** AWS's bound on FailureReason, in characters. */
const REASON_LENGTH_MAX = 1024
const INTERNAL_ERROR = 'InternalServerError: We encountered an internal error. Please try again.'

export interface FailureContext {
  /** Where a person reads on: the log's group and the failed host's stream. */
  readonly log: { readonly group: string; readonly stream: string }
  readonly containerImage: string
  readonly volumeSizeGb: number
}

/**
 * Why a job failed, from how its failed host ended, in the three families that clients tell apart:
 * AlgorithmError (the program), ClientError (data, image or size: the request), InternalServerError (us).
 *
 * @source FailureReason texts in public reports of SageMaker training jobs; what stands in them of this
 *   platform is our own
 */
export function failureReason(host: HostObservation, context: FailureContext): string {
  const { log } = context
  const exitCode =
    host.end?.cause === 'Exited' ? `, exit code: ${host.end.exitCode ?? 'unknown'}` : ''
  const tail = `${exitCode}. See log group ${log.group}, stream ${log.stream}.`
  const cause = causeOf(host, context).trimEnd().replace(/\.$/, '')
  return `${cause.slice(0, REASON_LENGTH_MAX - tail.length)}${tail}`
}

/** Why a job failed whose story could not go on. */
export function internalReason(because: string): string {
  return `${INTERNAL_ERROR} ${because}`.slice(0, REASON_LENGTH_MAX)
}

/** Whether the platform, not the program or the request, is to blame: such an attempt may be repeated. */
export function isInternal({ state, end }: HostObservation): boolean {
  if (state === 'Lost' || state === 'Unknown' || end === undefined) return true
  return end.cause === 'Stopped' || end.cause === 'Unhealthy'
}

function causeOf(
  { host, end }: HostObservation,
  { containerImage, volumeSizeGb }: FailureContext,
): string {
  const message = end?.message ?? ''
  switch (end?.cause) {
    case 'Exited':
      return `AlgorithmError: ${end.failureText ?? 'the program wrote no /opt/ml/output/failure'}`
    case 'InputFailed':
      return `ClientError: Data download failed:${message}`
    case 'OutputFailed':
      return `ClientError: Artifact upload failed:${message}`
    case 'ImageFailed':
      return (
        'ClientError: Cannot pull algorithm container. Either the image does not exist or its ' +
        `permissions are incorrect. ${message}`
      )
    case 'StartFailed':
      return (
        'ClientError: CannotStartContainerError. Please make sure the container can be run with ' +
        `'docker run ${containerImage} train'. ${message}`
      )
    case 'OutOfMemory':
      return (
        'ClientError: Please use an instance type with more memory, or reduce the size of job data ' +
        'processed on an instance.'
      )
    case 'OutOfDisk':
      return (
        `ClientError: The ML storage volume of ${volumeSizeGb} GB is full: give a larger ` +
        `VolumeSizeInGB. ${message}`
      )
    case 'Stopped':
    case 'Unhealthy':
      return `${INTERNAL_ERROR} The task of host ${host} was ended from outside. ${message}`
    case undefined:
      return `${INTERNAL_ERROR} The task of host ${host} was lost: its runner or machine ended without a report.`
  }
}
