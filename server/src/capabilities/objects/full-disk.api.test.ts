import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestPostgres } from '../../../../tests/support/postgres.ts'

/** Runs in a namespace whose temporary folder, and so the server's data directory, is a disk of 24 MB. */
const PROGRAM = `
const { startServer } = await import(process.argv[1])
const server = await startServer()
const { s3 } = server
await s3.createBucket({ Bucket: 'small-disk' })
const refusal = await s3
  .putObject({ Bucket: 'small-disk', Key: 'large', Body: Buffer.alloc(40 << 20, 1) })
  .then(() => undefined, ({ name, $metadata: { httpStatusCode: status, attempts } }) => ({ name, status, attempts }))
await s3.putObject({ Bucket: 'small-disk', Key: 'fits', Body: Buffer.alloc(1 << 20, 2) })
const { Contents } = await s3.listObjectsV2({ Bucket: 'small-disk' })
const object = await s3.getObject({ Bucket: 'small-disk', Key: 'fits' })
const bytes = (await object.Body.transformToByteArray()).length
await server.close()
console.log(JSON.stringify({ refusal, keys: Contents.map(({ Key }) => Key), bytes }))
`

const SERVER = new URL('../../../../tests/support/server.ts', import.meta.url).href

test('PutObject on a full disk is refused with InsufficientStorage and leaves the space to what fits', async (t) => {
  const shared = process.env.SAGEBRUSH_TEST_POSTGRES
  const own = shared === undefined ? await startTestPostgres() : undefined
  const folder = await mkdtemp(join(tmpdir(), 'sgb-full-'))
  t.after(async () => {
    await own?.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })
  const script =
    'mount -t tmpfs -o size=24m tmpfs "$1" && TMPDIR="$1" exec "$2" --input-type=module -e "$3" "$4"'

  const output = execFileSync(
    'unshare',
    [
      ...['--user', '--map-root-user', '--mount', '--', 'sh', '-c'],
      ...[script, 'sh', folder, process.execPath, PROGRAM, SERVER],
    ],
    { env: { ...process.env, ...own?.environment }, encoding: 'utf8' },
  )

  assert.deepEqual(JSON.parse(output.trim().split('\n').at(-1) ?? ''), {
    refusal: { name: 'InsufficientStorage', status: 507, attempts: 1 },
    keys: ['fits'],
    bytes: 1 << 20,
  })
})
