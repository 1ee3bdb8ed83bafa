import { parseS3Uri } from '../../aws/s3-uri.ts'
import type { TaskTransform } from '../../platform/engines/task-transform.ts'
import type { PlatformClient } from '../platform-client.ts'
import { putObject } from '../s3.ts'
import { TaskFailure } from '../task-failure.ts'
import { captureManifests } from './capture-manifest.ts'
import type { OwnObject } from './own-objects.ts'

/** Stores the manifests of what this task has transformed. @throws TaskFailure `OutputFailed` */
export async function storeCapture(
  client: PlatformClient,
  options: {
    readonly capture: NonNullable<TaskTransform['capture']>
    readonly objects: readonly OwnObject[]
  },
): Promise<void> {
  const { capture, objects } = options
  const [first] = objects
  if (!first) return
  const paths = objects.map(({ path }) => path).sort()
  const manifests = captureManifests(capture, {
    input: { prefix: prefixUri(first, first.path), names: paths },
    output: {
      prefix: prefixUri(first.output, `${first.path}.out`),
      names: paths.map((path) => `${path}.out`),
    },
  })
  const headers = capture.kmsKeyId && {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': capture.kmsKeyId,
  }
  for (const { s3Uri, content } of manifests) {
    const { bucket, key } = parseS3Uri(s3Uri) ?? { bucket: '', key: '' }
    const body = Buffer.from(content)
    try {
      await putObject(client, { bucket, key, body, ...(headers && { headers }) })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new TaskFailure('OutputFailed', `Cannot store the captured data ${s3Uri}: ${reason}`)
    }
  }
}

function prefixUri({ bucket, key }: { bucket: string; key: string }, path: string): string {
  return `s3://${bucket}/${key.slice(0, key.length - path.length)}`
}
