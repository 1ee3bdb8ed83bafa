import { assert } from '../../base/assert.ts'
import { failureReason, isInternal } from './failure-reason.ts'
import { endedAt, finalMetrics, firstFailure, type HostObservation } from './host.states.ts'
import { LOG_GROUP, logStream, volumeSizeGb } from './training-job.container.ts'
import type { Ending } from './training-job.states.ts'
import type { TrainingJob } from './training-job.store.ts'
import { modelS3Uri } from './training-outputs.container.ts'

/** Decides how a job ends whose hosts are all over, or that it is tried again or restarted on other spot instances. */
export function decideEnding(
  job: TrainingJob,
  hosts: readonly HostObservation[],
  now: Date,
): Ending | 'try again' | 'restart' {
  assert(hosts.length > 0, 'a job has hosts')
  const stored = hosts[0]?.end?.uploaded.model
  const common = {
    endedAt: endedAt(hosts) ?? now,
    metrics: finalMetrics(hosts),
    ...(stored !== undefined && { modelArtifacts: modelS3Uri(job) }),
  }
  const failure = firstFailure(hosts)
  const isStopping = job.state.status === 'Stopping'
  // a stopped program ends as it likes; only what it saved must not be lost silently
  if (isStopping && failure?.end?.cause !== 'OutputFailed') return { ...common, status: 'Stopped' }
  if (!failure) return { ...common, status: 'Completed', modelArtifacts: modelS3Uri(job) }
  const isReclaimed = job.state.interruption?.kind === 'SpotReclaimed'
  if (!isStopping && isReclaimed && isInternal(failure)) return 'restart'
  const retriesMax = job.request.RetryStrategy?.MaximumRetryAttempts ?? 0
  if (!isStopping && isInternal(failure) && job.state.attempt <= retriesMax) {
    return 'try again'
  }
  return { ...common, status: 'Failed', failureReason: reasonOf(job, failure) }
}

function reasonOf(job: TrainingJob, failure: HostObservation): string {
  return failureReason(failure, {
    log: { group: LOG_GROUP, stream: logStream(job, failure.host) },
    containerImage: job.request.AlgorithmSpecification.TrainingImage,
    volumeSizeGb: volumeSizeGb(job.request),
  })
}
