import assert from 'node:assert/strict'
import test from 'node:test'
import { type Batching, miniBatches } from './mini-batches.ts'
import { maskedCrc } from './record-frames.ts'
import { createProcessing } from './record-processing.ts'

const LINES: Batching = { splitType: 'Line', strategy: 'MultiRecord', payloadBytesMax: 7 }

interface Case {
  readonly title: string
  readonly content: string
  readonly batching?: Partial<Batching>
  readonly bodies: readonly string[]
}

const CASES: readonly Case[] = [
  { title: 'as many lines as fit', content: 'aaa\nbbb\nccc\n', bodies: ['aaa\nbbb', 'ccc'] },
  { title: 'a last line without an end', content: 'aaa\nbbb\nccc', bodies: ['aaa\nbbb', 'ccc'] },
  { title: 'lines that fit all together', content: 'a\nb\n', bodies: ['a\nb'] },
  { title: 'a line that just fits', content: 'aaaaaaa\nb\n', bodies: ['aaaaaaa', 'b'] },
  { title: 'an empty object', content: '', bodies: [] },
  { title: 'an object of empty lines', content: '\n', bodies: [] },
  {
    title: 'single records',
    content: 'a\r\nb\n\nc',
    batching: { strategy: 'SingleRecord' },
    bodies: ['a', 'b', 'c'],
  },
  {
    title: 'a whole object',
    content: 'a\nb\n',
    batching: { splitType: 'None' },
    bodies: ['a\nb\n'],
  },
  {
    title: 'no bound',
    content: 'aaa\nbbb\nccc\n',
    batching: { payloadBytesMax: Number.POSITIVE_INFINITY },
    bodies: ['aaa\nbbb\nccc'],
  },
]

for (const { title, content, batching, bodies } of CASES) {
  for (const pieceBytes of [1, 3, 100]) {
    test(`${title}, read ${pieceBytes} bytes at a time`, async () => {
      const found = await bodiesOf(pieces(Buffer.from(content), pieceBytes), {
        ...LINES,
        ...batching,
      })

      assert.deepEqual(found, bodies)
    })
  }
}

test('filtered lines are counted as they are sent, and stay with the records they were', async () => {
  const processing = createProcessing({
    processing: { inputFilter: '$[1:]', outputFilter: '$', joinsInput: true },
    contentType: 'text/csv',
    accept: undefined,
    splitsLines: true,
  })
  const source = pieces(Buffer.from('id1,aaa\nid2,bbb\nid3,c\n'), 5)

  const batches = []
  for await (const { body, inputs } of miniBatches(source, { ...LINES, processing })) {
    batches.push([body.toString(), inputs])
  }

  assert.deepEqual(batches, [
    ['aaa\nbbb', ['id1,aaa', 'id2,bbb']],
    ['c', ['id3,c']],
  ])
})

test('a record, and an object, that is larger than a payload is a failure', async () => {
  const long = () => pieces(Buffer.from('aaaaaaaa\nb\n'), 100)

  await assert.rejects(bodiesOf(long(), LINES), /larger than the maximum payload of 7 bytes/)
  await assert.rejects(bodiesOf(long(), { ...LINES, strategy: 'SingleRecord' }), /MaxPayloadInMB/)
  await assert.rejects(bodiesOf(long(), { ...LINES, splitType: 'None' }), /SplitType/)
})

for (const pieceBytes of [1, 7, 1000]) {
  test(`RecordIO records, also of several parts, are cut whole, read ${pieceBytes} bytes at a time`, async () => {
    const records = [recordIo(['abc']), recordIo(['first', 'mid', 'last!']), recordIo(['12345678'])]
    const batching = { splitType: 'RecordIO', payloadBytesMax: 100 } as const

    const single = await framesOf(pieces(Buffer.concat(records), pieceBytes), {
      ...batching,
      strategy: 'SingleRecord',
    })
    const multi = await framesOf(pieces(Buffer.concat(records), pieceBytes), {
      ...batching,
      strategy: 'MultiRecord',
      payloadBytesMax: (records[0]?.length ?? 0) + (records[1]?.length ?? 0),
    })

    assert.deepEqual(single, records)
    assert.deepEqual(multi, [Buffer.concat(records.slice(0, 2)), records[2]])
  })

  test(`TFRecords are cut whole, read ${pieceBytes} bytes at a time`, async () => {
    const records = ['a', '', 'longer than that'].map(tfRecord)

    const found = await framesOf(pieces(Buffer.concat(records), pieceBytes), {
      splitType: 'TFRecord',
      strategy: 'SingleRecord',
      payloadBytesMax: 100,
    })

    assert.deepEqual(found, records)
  })
}

test('objects that are not what SplitType says, end too soon, or have a record too large are failures', async () => {
  const text = () => pieces(Buffer.from('this is no such file at all'), 100)
  const cut = () => pieces(recordIo(['abcdefgh']).subarray(0, 12), 100)
  const framed = { strategy: 'SingleRecord', payloadBytesMax: 20 } as const

  await assert.rejects(framesOf(text(), { ...framed, splitType: 'RecordIO' }), /not in RecordIO/)
  await assert.rejects(framesOf(text(), { ...framed, splitType: 'TFRecord' }), /not in TFRecord/)
  await assert.rejects(framesOf(cut(), { ...framed, splitType: 'RecordIO' }), /middle of a record/)
  await assert.rejects(
    framesOf(pieces(tfRecord('x'.repeat(90)), 20), { ...framed, splitType: 'TFRecord' }),
    /larger than the maximum payload/,
  )
})

test("the checksum is TFRecord's own", () => {
  // source: RFC 3720 B.4, CRC-32C of 32 bytes of zeros is 0x8a9136aa
  const crc = 0x8a9136aa
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  assert.equal(maskedCrc(Buffer.alloc(32)), masked)
})

async function bodiesOf(source: AsyncIterable<Buffer>, batching: Batching): Promise<string[]> {
  return (await framesOf(source, batching)).map(String)
}

async function framesOf(source: AsyncIterable<Buffer>, batching: Batching): Promise<Buffer[]> {
  const bodies: Buffer[] = []
  for await (const { body } of miniBatches(source, batching)) bodies.push(body)
  return bodies
}

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

/** source: dmlc-core, recordio.h */
function recordIo(parts: readonly string[]): Buffer {
  const last = parts.length - 1
  return Buffer.concat(
    parts.map((part, index) => {
      const flag = last === 0 ? 0 : index === 0 ? 1 : index === last ? 3 : 2
      const frame = Buffer.alloc(8 + Math.ceil(part.length / 4) * 4)
      frame.writeUInt32LE(0xced7230a, 0)
      frame.writeUInt32LE(((flag << 29) | part.length) >>> 0, 4)
      frame.write(part, 8)
      return frame
    }),
  )
}

function tfRecord(content: string): Buffer {
  const frame = Buffer.alloc(16 + content.length)
  frame.writeBigUInt64LE(BigInt(content.length), 0)
  frame.writeUInt32LE(maskedCrc(frame.subarray(0, 8)), 8)
  frame.write(content, 12)
  frame.writeUInt32LE(maskedCrc(Buffer.from(content)), 12 + content.length)
  return frame
}
