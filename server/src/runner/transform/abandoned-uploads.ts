import type { PlatformClient } from '../platform-client.ts'
import { encode } from '../signature.ts'
import type { OwnObject } from './own-objects.ts'

/**
 * Aborts what a runner before us left when it was killed: uploads of our own outputs that nobody will ever
 * complete. Nothing of them can be seen, but they take room.
 */
export async function abortAbandonedUploads(
  client: PlatformClient,
  objects: readonly OwnObject[],
): Promise<void> {
  const bucket = objects[0]?.output.bucket
  if (bucket === undefined) return
  const keys = new Set(objects.map(({ output }) => output.key))
  const path = `/${encode(bucket)}`
  const listed = await client.send({
    service: 's3',
    method: 'GET',
    path,
    query: { uploads: '', 'encoding-type': 'url', prefix: commonPrefix([...keys]) },
  })
  for (const [, upload = ''] of listed.text.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
    const key = decodeURIComponent(
      /<Key>(.*?)<\/Key>/s.exec(upload)?.[1]?.replaceAll('+', ' ') ?? '',
    )
    const uploadId = /<UploadId>(.*?)<\/UploadId>/s.exec(upload)?.[1]
    if (uploadId === undefined || !keys.has(key)) continue
    const object = `${path}/${key.split('/').map(encode).join('/')}`
    await client.send({ service: 's3', method: 'DELETE', path: object, query: { uploadId } })
  }
}

function commonPrefix(keys: readonly string[]): string {
  const [first = '', ...others] = keys
  let length = first.length
  for (const key of others) while (!key.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}
