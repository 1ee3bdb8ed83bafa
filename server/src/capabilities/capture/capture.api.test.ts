import assert from 'node:assert/strict'
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import { createLog } from '../../base/log.ts'
import {
  type CaptureTarget,
  captureFolder,
  segmentName,
  targetFolderName,
} from './capture-folder.ts'
import { CaptureSpool } from './capture-spool.ts'

const server = await startServer()
after(() => server.close())
const log = createLog({}, { write: () => undefined })
const folder = captureFolder(server.config.dataDir)
const DAY = Date.parse('2031-05-06T07:08:00Z')

async function newTarget(more: Partial<CaptureTarget> = {}): Promise<CaptureTarget> {
  const bucket = `capture-${newShortId(8)}`
  await server.s3.createBucket({ Bucket: bucket })
  const [row] = await server.platform.database.query<{ realm: number }>(
    'select max(realm) as realm from realm',
  )
  return {
    realm: row?.realm ?? 0,
    account: server.config.account,
    region: server.config.region,
    endpointName: `e-${newShortId(6)}`,
    variantName: 'A',
    destinationS3Uri: `s3://${bucket}/captured/`,
    ...more,
  }
}

function bucketOf({ destinationS3Uri }: CaptureTarget): string {
  return destinationS3Uri.split('/')[2] ?? ''
}

async function objectsOf(target: CaptureTarget) {
  const Bucket = bucketOf(target)
  const { Contents = [] } = await server.s3.listObjectsV2({ Bucket })
  return Promise.all(
    Contents.map(async ({ Key = '' }) => {
      const { Body, ServerSideEncryption } = await server.s3.getObject({ Bucket, Key })
      return { key: Key, text: (await Body?.transformToString()) ?? '', ServerSideEncryption }
    }),
  )
}

async function left(target: CaptureTarget): Promise<string[]> {
  const names = await readdir(join(folder, targetFolderName(target)))
  return names.filter((name) => name !== 'target.json')
}

test('the records of one minute of several gateways become one object, in the order of their times', async () => {
  const target = await newTarget({ kmsKeyId: 'alias/mine' })
  const [one, other] = [new CaptureSpool({ folder, log }), new CaptureSpool({ folder, log })]
  one.add(target, { line: ['b\n'], atMs: DAY + 2_345 })
  other.add(target, { line: ['a\n'], atMs: DAY + 1_017 })
  await one.flush()
  await other[Symbol.asyncDispose]()
  one.add(target, { line: ['c\n'], atMs: DAY + 59_999 })
  one.add(target, { line: ['d\n'], atMs: DAY + 60_000 })
  await one[Symbol.asyncDispose]()

  const objects = await eventually(async () => {
    const found = await objectsOf(target)
    return found.length === 2 && found
  })
  const prefix = `captured/${target.endpointName}/A/2031/05/06/07`
  assert.match(objects[0]?.key ?? '', new RegExp(`^${prefix}/08-01-017-[0-9a-f-]{36}\\.jsonl$`))
  assert.equal(objects[0]?.text, 'a\nb\nc\n')
  assert.equal(objects[0]?.ServerSideEncryption, 'aws:kms')
  assert.match(objects[1]?.key ?? '', new RegExp(`^${prefix}/09-00-000-`))
  assert.equal(objects[1]?.text, 'd\n')
  await eventually(async () => (await left(target)).length === 0)
})

test('a minute that is not over is not stored before it is', async () => {
  const target = await newTarget()
  const minute = Math.floor(server.platform.clock.now().getTime() / 60_000) * 60_000
  const spool = new CaptureSpool({
    folder,
    log,
    written: (endMs) => void server.platform.changes.tell(`captured/${endMs}`),
  })
  spool.add(target, { line: ['now\n'], atMs: minute })
  await spool[Symbol.asyncDispose]()
  assert.deepEqual(await objectsOf(target), [])
  await server.advance(61_000)
  const objects = await eventually(async () => {
    const found = await objectsOf(target)
    return found.length > 0 && found
  })
  assert.deepEqual(
    objects.map(({ text }) => text),
    ['now\n'],
  )
})

test('a batch that was stored before a crash is stored again under its name, not twice', async () => {
  const target = await newTarget()
  const path = join(folder, targetFolderName(target))
  const batch = `${DAY}-7b1d0f3e-6c55-4b0f-9a53-0f1f2ad2c6de.batch`
  const segment = segmentName(DAY, { tag: 'dead', count: 0 })
  const Bucket = bucketOf(target)
  const Key = `captured/${target.endpointName}/A/2031/05/06/07/08-00-000-7b1d0f3e-6c55-4b0f-9a53-0f1f2ad2c6de.jsonl`
  await server.s3.putObject({ Bucket, Key, Body: 'x\n' })
  const scratch = `${path}-made`
  await mkdir(join(scratch, batch), { recursive: true })
  await writeFile(join(scratch, batch, segment), 'x\n')
  await writeFile(join(scratch, 'target.json'), JSON.stringify(target))
  await rename(scratch, path)

  await eventually(async () => (await left(target)).length === 0)
  const objects = await objectsOf(target)
  assert.deepEqual(
    objects.map(({ key, text }) => [key, text]),
    [[Key, 'x\n']],
  )
})

test('records for a bucket that is not there are given up, those of others are not', async () => {
  const lost = await newTarget({ destinationS3Uri: `s3://none-${newShortId(10)}/x` })
  const kept = await newTarget()
  const spool = new CaptureSpool({ folder, log })
  spool.add(lost, { line: ['lost\n'], atMs: DAY })
  spool.add(kept, { line: ['kept\n'], atMs: DAY })
  await spool[Symbol.asyncDispose]()
  await eventually(async () => (await objectsOf(kept)).length === 1)
  await eventually(async () => (await left(lost)).length === 0)
})

test('what does not fit into memory is refused', async () => {
  const target = await newTarget()
  const spool = new CaptureSpool({ folder, log, bytesMax: 300 })
  assert.equal(spool.add(target, { line: ['x'.repeat(80)], atMs: DAY }), true)
  assert.equal(spool.add(target, { line: ['x'.repeat(80)], atMs: DAY }), false)
  await spool.flush()
  assert.equal(spool.add(target, { line: ['x'.repeat(80)], atMs: DAY }), true)
  await spool[Symbol.asyncDispose]()
})
