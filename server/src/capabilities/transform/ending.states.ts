import { cameToItsEnd, type InstanceObservation, isLost } from './instance.states.ts'
import { containerNames, dataLogStream, LOG_GROUP, logStream } from './transform-job.container.ts'
import type { Ending } from './transform-job.states.ts'
import type { TransformJob } from './transform-job.store.ts'

/** AWS's bound on FailureReason, in characters. */
const REASON_LENGTH_MAX = 1024
const INTERNAL_ERROR = 'InternalServerError: We encountered an internal error. Please try again.'

/** Decides how a job ends whose instances are all over; one that was stopped is said to be by its state. */
export function decideEnding(
  job: Pick<TransformJob, 'id' | 'name' | 'createdAt' | 'model'>,
  instances: readonly InstanceObservation[],
): Ending {
  const broken = instances.filter((one) => !cameToItsEnd(one))
  // what ended by itself is why the others were stopped
  const first = broken.find(({ end }) => end && end.cause !== 'Stopped') ?? broken[0]
  if (first) {
    const name = containerNames(job.model)?.[first.container ?? 0]
    const stream = logStream(job, first, first.container)
    return { status: 'Failed', failureReason: withLog(causeOf(first, name), stream) }
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
    failureReason: withLog(cause, dataLogStream(job, bad)),
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

/** @param name of the container, where the model has several */
function causeOf(one: InstanceObservation, name: string | undefined): string {
  const { end } = one
  const message = end?.message ?? ''
  const named = name === undefined ? '' : ` '${name}'`
  const container = `The model's container${named}`
  if (isLost(one) || !end) {
    return `${INTERNAL_ERROR} The task of instance ${one.instance + 1} was lost: its runner or machine ended without a report`
  }
  switch (end.cause) {
    case 'Exited':
      return `AlgorithmError: ${container} ended while it was in use, exit code: ${end.exitCode ?? 'unknown'}`
    case 'InputFailed':
      return `ClientError: ${message}`
    case 'OutputFailed':
      return `ClientError: Artifact upload failed: ${message}`
    case 'ImageFailed':
      return (
        `ClientError: Cannot pull model container${named}. Either the image does not exist or its permissions ` +
        `are incorrect. ${message}`
      )
    case 'StartFailed':
      return `ClientError: CannotStartContainerError. ${container} could not be run with 'serve'. ${message}`
    case 'Unhealthy':
      return `AlgorithmError: ${container} did not become healthy. ${message}`
    case 'OutOfMemory':
      return (
        `ClientError: ${container} ran out of memory. Please use an instance type with more memory, or reduce ` +
        'MaxConcurrentTransforms or MaxPayloadInMB'
      )
    case 'OutOfDisk':
      return `ClientError: The ML storage volume is full. ${message}`
    case 'Stopped':
      return `${INTERNAL_ERROR} The task of instance ${one.instance + 1} was ended from outside. ${message}`
  }
}
