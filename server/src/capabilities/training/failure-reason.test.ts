import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskEnd } from '../../platform/engines/engine.ts'
import { failureReason, internalReason, isInternal } from './failure-reason.ts'
import type { HostObservation } from './host.states.ts'

const CONTEXT = {
  log: { group: '/aws/sagemaker/TrainingJobs', stream: 'job/algo-1-1893456000' },
  containerImage: 'my-image:1',
  volumeSizeGb: 30,
}
const POINTER = 'See log group /aws/sagemaker/TrainingJobs, stream job/algo-1-1893456000.'

const ended = (end: Omit<TaskEnd, 'uploaded'>): HostObservation => ({
  host: 'algo-1',
  state: 'Ended',
  phases: [],
  metrics: [],
  end: { ...end, uploaded: {} },
})
const LOST: HostObservation = { host: 'algo-1', state: 'Lost', phases: [], metrics: [] }

// source: the beginnings are AWS's, from FailureReason in public reports; the rest is ours
const CASES: readonly { why: string; host: HostObservation; begins: string; internal?: true }[] = [
  {
    why: 'the program says why it failed',
    host: ended({
      cause: 'Exited',
      exitCode: 1,
      failureText: 'ExecuteUserScriptError:\nExitCode 1',
    }),
    begins: 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1, exit code: 1. ',
  },
  {
    why: 'the program was killed and says nothing',
    host: ended({ cause: 'Exited', exitCode: 137 }),
    begins: 'AlgorithmError: the program wrote no /opt/ml/output/failure, exit code: 137. ',
  },
  {
    why: 'an input is gone',
    host: ended({ cause: 'InputFailed', message: 'no objects below s3://b/p.' }),
    begins: 'ClientError: Data download failed:no objects below s3://b/p. ',
  },
  {
    why: 'an output cannot be stored',
    host: ended({ cause: 'OutputFailed', message: 'NoSuchBucket b' }),
    begins: 'ClientError: Artifact upload failed:NoSuchBucket b. ',
  },
  {
    why: 'the image is gone',
    host: ended({ cause: 'ImageFailed', message: 'no such image' }),
    begins:
      'ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect. no such image. ',
  },
  {
    why: 'the program cannot be started',
    host: ended({ cause: 'StartFailed', message: 'train: not found' }),
    begins:
      'ClientError: CannotStartContainerError. Please make sure the container can be run with ' +
      "'docker run my-image:1 train'. train: not found. ",
  },
  {
    why: 'memory is short',
    host: ended({ cause: 'OutOfMemory', exitCode: 137 }),
    begins:
      'ClientError: Please use an instance type with more memory, or reduce the size of job data processed on an instance. ',
  },
  {
    why: 'the disk is full',
    host: ended({ cause: 'OutOfDisk' }),
    begins: 'ClientError: The ML storage volume of 30 GB is full: give a larger VolumeSizeInGB. ',
  },
  {
    why: 'the machine died',
    host: LOST,
    begins:
      'InternalServerError: We encountered an internal error. Please try again. The task of host algo-1 was lost: its runner or machine ended without a report. ',
    internal: true,
  },
  {
    why: 'something else stopped the task',
    host: ended({ cause: 'Stopped' }),
    begins:
      'InternalServerError: We encountered an internal error. Please try again. The task of host',
    internal: true,
  },
]

for (const { why, host, begins, internal } of CASES) {
  test(`FailureReason names the cause and the log when ${why}`, () => {
    const reason = failureReason(host, CONTEXT)

    assert.ok(reason.startsWith(begins), reason)
    assert.ok(reason.endsWith(POINTER), reason)
    assert.equal(isInternal(host), internal ?? false)
  })
}

test('a long failure text is cut, the exit code and the log are not', () => {
  const host = ended({ cause: 'Exited', exitCode: 1, failureText: 'x'.repeat(1024) })

  const reason = failureReason(host, CONTEXT)

  assert.equal(reason.length, 1024)
  assert.ok(reason.endsWith(`xxx, exit code: 1. ${POINTER}`))
  assert.equal(internalReason('y'.repeat(2000)).length, 1024)
})
