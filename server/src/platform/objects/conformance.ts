import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { NoSuchBytesError, type ObjectBytes } from './object-bytes.ts'

/** A store for one test, and what the suite must be able to see and do behind its back. */
export interface ObjectBytesUnderTest extends AsyncDisposable {
  readonly objects: ObjectBytes
  /** How many sequences the store keeps, in flight or settled. */
  count(): Promise<number>
  /** What a process leaves that dies with these sequences in flight: the same store, opened after. */
  afterCrash(): Promise<ObjectBytes>
}

/** The promises of `ObjectBytes` that every implementation keeps. */
export function testObjectBytes(name: string, open: () => Promise<ObjectBytesUnderTest>): void {
  const promise = (title: string, run: (store: ObjectBytesUnderTest) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      await using store = await open()
      await run(store)
    })

  promise('write stores what the source gives, in whatever pieces', async ({ objects }) => {
    const bytes = randomBytes(3 * 1024 * 1024 + 17)
    const { id, sizeBytes } = await objects.write(pieces(bytes, 70_001))
    assert.equal(sizeBytes, bytes.length)
    assert.equal(sha256(await readAll(objects, id, sizeBytes)), sha256(bytes))
  })

  promise('write stores a source without bytes', async ({ objects }) => {
    const { id, sizeBytes } = await objects.write(pieces(Buffer.alloc(0), 1))
    assert.equal(sizeBytes, 0)
    await objects.settle([id], 'kept')
    assert.deepEqual(await objects.remove([id]), [id])
  })

  promise('write rejects with the error of its source and leaves nothing', async (store) => {
    const failure = new Error('the payload is not what was signed')
    const source = async function* () {
      yield randomBytes(2 * 1024 * 1024)
      throw failure
    }
    await assert.rejects(store.objects.write(source()), failure)
    assert.equal(await store.count(), 0)
  })

  promise('read joins segments in order', async ({ objects }) => {
    const first = await objects.write(pieces(Buffer.from('0123456789'), 3))
    const second = await objects.write(pieces(Buffer.from('abcdef'), 3))
    const stream = await objects.read([
      { id: first.id, start: 7, end: 9 },
      { id: second.id, start: 0, end: 1 },
      { id: first.id, start: 0, end: 0 },
    ])
    assert.equal((await collect(stream)).toString(), '789ab0')
    assert.equal((await collect(await objects.read([]))).length, 0)
  })

  promise('bytes can be read before they settle, and the same after', async ({ objects }) => {
    const { id } = await objects.write(pieces(Buffer.from('value'), 2))
    assert.equal((await readAll(objects, id, 5)).toString(), 'value')
    await objects.settle([id], 'kept')
    assert.equal((await readAll(objects, id, 5)).toString(), 'value')
  })

  promise('discarded and removed bytes are gone, and removing again is harmless', async (store) => {
    const { objects } = store
    const [one, other] = [
      await objects.write(pieces(Buffer.from('1'), 1)),
      await objects.write(pieces(Buffer.from('2'), 1)),
    ]
    await objects.settle([one.id], 'discarded')
    await objects.settle([other.id], 'kept')
    assert.deepEqual(await objects.remove([other.id]), [other.id])
    assert.deepEqual(await objects.remove([other.id]), [other.id])
    assert.equal(await store.count(), 0)
    for (const { id } of [one, other]) {
      await assert.rejects(objects.read([{ id, start: 0, end: 0 }]), NoSuchBytesError)
    }
  })

  promise('a duplicate lives on when the original goes', async ({ objects }) => {
    const { id } = await objects.write(pieces(Buffer.from('shared'), 6))
    await objects.settle([id], 'kept')
    const copy = await objects.duplicate(id)
    await objects.settle([copy], 'kept')
    await objects.remove([id])
    assert.equal((await readAll(objects, copy, 6)).toString(), 'shared')
    await assert.rejects(objects.duplicate(id), NoSuchBytesError)
  })

  promise('what is being read is spared by remove until the stream ends', async ({ objects }) => {
    const bytes = randomBytes(1024 * 1024)
    const [one, other] = [
      await objects.write(pieces(bytes, 65_536)),
      await objects.write(pieces(bytes, 65_536)),
    ]
    const segments = [one, other].map(({ id }) => ({ id, start: 0, end: bytes.length - 1 }))
    const stream = await objects.read(segments)
    assert.deepEqual(await objects.remove([other.id]), [])
    assert.equal(sha256(await collect(stream)), sha256(Buffer.concat([bytes, bytes])))
    assert.deepEqual(await objects.remove([one.id, other.id]), [one.id, other.id])
  })

  promise('a reader that gives up early lets go', async ({ objects }) => {
    const { id } = await objects.write(pieces(randomBytes(1024 * 1024), 65_536))
    const stream = await objects.read([{ id, start: 0, end: 1024 * 1024 - 1 }])
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.destroy()
    await closed
    assert.deepEqual(await objects.remove([id]), [id])
  })

  promise('reconcile leaves alone what a living process has in flight', async (store) => {
    const { objects } = store
    const { id } = await objects.write(pieces(Buffer.from('x'), 1))
    await objects.reconcile(async () => new Set())
    assert.equal((await readAll(objects, id, 1)).toString(), 'x')
  })

  promise('reconcile after a crash keeps what has a row and removes the rest', async (store) => {
    const kept = await store.objects.write(pieces(Buffer.from('kept'), 4))
    const lost = await store.objects.write(pieces(Buffer.from('lost'), 4))
    const next = await store.afterCrash()
    await next.reconcile(async (ids) => {
      assert.deepEqual(new Set(ids), new Set([kept.id, lost.id]))
      return new Set([kept.id])
    })
    assert.equal((await readAll(next, kept.id, 4)).toString(), 'kept')
    await assert.rejects(next.read([{ id: lost.id, start: 0, end: 0 }]), NoSuchBytesError)
    assert.equal(await store.count(), 1)
  })
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function readAll(objects: ObjectBytes, id: string, sizeBytes: number): Promise<Buffer> {
  return collect(await objects.read([{ id, start: 0, end: sizeBytes - 1 }]))
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
