import { cameToItsEnd, type InstanceObservation, isLost } from './instance.states.ts'
import { LOG_GROUP, logStream } from './transform-job.container.ts'
import type { Ending } from './transform-job.states.ts'
import type { TransformJob } from './transform-job.store.ts'

/** AWS's bound on FailureReason, in characters. */
const REASON_LENGTH_MAX = 1024
const INTERNAL_ERROR = 'InternalServerError: We encountered an internal error. Please try again.'

/** Decides how a job ends whose instances are all over; one that was stopped is said to be by its state. */
export function decideEnding(
  job: Pick<TransformJob, 'id' | 'name' | 'createdAt'>,
  instances: readonly InstanceObservation[],
): Ending {
  const broken = instances.filter((one) => !cameToItsEnd(one))
  // what ended by itself is why the others were stopped
  const first = broken.find(({ end }) => end && end.cause !== 'Stopped') ?? broken[0]
  if (first) {
    return { status: 'Failed', failureReason: withLog(causeOf(first), logStream(job, first)) }
  }
  const bad = instances.find(({ end }) => (end?.transformed?.failureCount ?? 0) > 0)
  if (!bad) return { status: 'Completed' }
  const [failure] = bad.end?.transformed?.failures ?? []
  const others = failureCount(instances) - 1
  // source: the beginning is FailureReason's in public reports of failed transform jobs
  const cause =
    `ClientError: See job logs for more information. ${failure?.s3Uri}: ${failure?.reason}` +
    (others > 0 ? `; ${others} more object${others === 1 ? '' : 's'} failed` : '')
  return {
    status: 'Failed',
    failureReason: withLog(cause, `${logStream(job, bad)}/data-log`),
  }
}

/** Why a job failed whose story could not go on. */
export function internalReason(because: string): string {
  return `${INTERNAL_ERROR} ${because}`.slice(0, REASON_LENGTH_MAX)
}

function failureCount(instances: readonly InstanceObservation[]): number {
  return instances.reduce((sum, { end }) => sum + (end?.transformed?.failureCount ?? 0), 0)
}

function withLog(cause: string, stream: string): string {
  const tail = `. See log group ${LOG_GROUP}, stream ${stream}.`
  return (
    cause
      .trimEnd()
      .replace(/\.$/, '')
      .slice(0, REASON_LENGTH_MAX - tail.length) + tail
  )
}

function causeOf(one: InstanceObservation): string {
  const { end } = one
  const message = end?.message ?? ''
  if (isLost(one) || !end) {
    return `${INTERNAL_ERROR} The task of instance ${one.instance + 1} was lost: its runner or machine ended without a report`
  }
  switch (end.cause) {
    case 'Exited':
      return `AlgorithmError: The model's container ended while it was in use, exit code: ${end.exitCode ?? 'unknown'}`
    case 'InputFailed':
      return `ClientError: ${message}`
    case 'OutputFailed':
      return `ClientError: Artifact upload failed: ${message}`
    case 'ImageFailed':
      return (
        'ClientError: Cannot pull model container. Either the image does not exist or its permissions ' +
        `are incorrect. ${message}`
      )
    case 'StartFailed':
      return `ClientError: CannotStartContainerError. The model's container could not be run with 'serve'. ${message}`
    case 'Unhealthy':
      return `AlgorithmError: The model's container did not become healthy. ${message}`
    case 'OutOfMemory':
      return (
        'ClientError: Please use an instance type with more memory, or reduce MaxConcurrentTransforms or ' +
        'MaxPayloadInMB'
      )
    case 'OutOfDisk':
      return `ClientError: The ML storage volume is full. ${message}`
    case 'Stopped':
      return `${INTERNAL_ERROR} The task of instance ${one.instance + 1} was ended from outside. ${message}`
  }
}
