import { parseS3Uri } from '../../aws/s3-uri.ts'
import type { TaskTransform } from '../../platform/engines/task-transform.ts'
import type { PlatformClient } from '../platform-client.ts'
import type { TaskRun } from '../run-task.ts'
import { S3Fault } from '../s3.ts'
import { findObjects, noObjects } from '../stage-inputs.ts'
import { TaskFailure } from '../task-failure.ts'
import type { ObjectRoute } from './transform-object.ts'

/** An object of this task's share, and where its output goes. */
export interface OwnObject extends ObjectRoute {
  /** Relative to the input's prefix. */
  readonly path: string
}

/** This task's share of the input's objects. @throws TaskFailure `InputFailed` when there are none at all */
export async function ownObjects(
  run: TaskRun,
  options: { client: PlatformClient; transform: TaskTransform; signal: AbortSignal },
): Promise<readonly OwnObject[]> {
  const { input, output } = options.transform
  const named = { ...input, name: 'TransformInput' }
  const all = await findObjects(named, options).catch((error: unknown) => {
    if (!(error instanceof S3Fault)) throw error
    throw new TaskFailure(
      'InputFailed',
      `${noObjects(input, run.order)} Error message from S3: ${error.message}`,
    )
  })
  if (all.length === 0) throw new TaskFailure('InputFailed', noObjects(input, run.order))
  const { index, count } = input.shard
  const target = parseS3Uri(output.s3Uri) ?? { bucket: '', key: '' }
  const folder = target.key === '' || target.key.endsWith('/') ? target.key : `${target.key}/`
  return all
    .filter((_, position) => position % count === index)
    .map((object) => ({
      ...object,
      output: { bucket: target.bucket, key: `${folder}${object.path}.out` },
    }))
}
