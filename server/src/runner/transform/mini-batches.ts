import { cutBefore, lineRecords, lineRuns, linesOf } from './lines.ts'
import { RecordFailure, tooLarge } from './record-failure.ts'
import { framedRecords, recordIoLength, tfRecordLength } from './record-frames.ts'
import type { RecordProcessing } from './record-processing.ts'

/** What one request to the model carries. */
export interface MiniBatch {
  readonly body: Buffer
  /** The records as they were before they were filtered; present where they are processed. */
  readonly inputs?: readonly string[]
}

export interface Batching {
  readonly splitType: 'None' | 'Line' | 'RecordIO' | 'TFRecord'
  readonly strategy: 'MultiRecord' | 'SingleRecord'
  readonly payloadBytesMax: number
  readonly processing?: RecordProcessing
}

const NEWLINE = 10

/**
 * Cuts one object into mini-batches: lines without a final newline, framed records as they are.
 * @throws RecordFailure for a record that is larger than a payload may be
 */
export async function* miniBatches(
  source: AsyncIterable<Buffer>,
  batching: Batching,
): AsyncGenerator<MiniBatch> {
  const { splitType, strategy, payloadBytesMax, processing } = batching
  if (splitType === 'None') {
    yield* wholeObject(source, batching)
  } else if (splitType !== 'Line') {
    const frameLength = splitType === 'RecordIO' ? recordIoLength : tfRecordLength
    yield* gathered(framedRecords(source, { frameLength, bytesMax: payloadBytesMax }), batching)
  } else if (processing) {
    yield* processedLines(source, { ...batching, processing })
  } else if (strategy === 'MultiRecord') {
    yield* lineBatches(source, payloadBytesMax)
  } else {
    for await (const run of lineRuns(source)) {
      for (const body of lineRecords(run)) yield { body: withinBound(body, payloadBytesMax) }
    }
  }
}

async function* wholeObject(
  source: AsyncIterable<Buffer>,
  { payloadBytesMax, processing }: Batching,
): AsyncGenerator<MiniBatch> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > payloadBytesMax) {
      throw new RecordFailure(
        `The object is larger than the maximum payload of ${payloadBytesMax} bytes: split it (SplitType), ` +
          'or raise MaxPayloadInMB',
      )
    }
  }
  const body = Buffer.concat(chunks)
  if (!processing) return yield { body }
  const inputs = processing.records(body.toString('utf8'))
  if (inputs.length === 0) return
  yield { body: Buffer.from(inputs.map(processing.toModel).join('\n')), inputs }
}

/** The fast path: no line is looked at, only where a payload may end. */
async function* lineBatches(
  source: AsyncIterable<Buffer>,
  payloadBytesMax: number,
): AsyncGenerator<MiniBatch> {
  let pending: Buffer[] = []
  let bytes = 0
  for await (const run of lineRuns(source)) {
    pending.push(run)
    bytes += run.length
    if (bytes <= payloadBytesMax) continue
    const all = Buffer.concat(pending)
    let from = 0
    while (all.length - from > payloadBytesMax + 1) {
      const end = cutBefore(all, from, payloadBytesMax)
      if (end === 0) throw tooLarge(payloadBytesMax)
      yield* lineBatch(all.subarray(from, end))
      from = end
    }
    pending = [all.subarray(from)]
    bytes = all.length - from
  }
  const rest = Buffer.concat(pending)
  for (let from = 0; from < rest.length; ) {
    const end = cutBefore(rest, from, payloadBytesMax)
    if (end === 0) throw tooLarge(payloadBytesMax)
    yield* lineBatch(rest.subarray(from, end))
    from = end
  }
}

function* lineBatch(lines: Buffer): Generator<MiniBatch> {
  const body = lines.at(-1) === NEWLINE ? lines.subarray(0, -1) : lines
  if (body.length > 0) yield { body }
}

async function* processedLines(
  source: AsyncIterable<Buffer>,
  batching: Batching & { readonly processing: RecordProcessing },
): AsyncGenerator<MiniBatch> {
  const { processing, payloadBytesMax, strategy } = batching
  let inputs: string[] = []
  let bodies: string[] = []
  let bytes = 0
  const flush = (): MiniBatch => {
    const batch = { body: Buffer.from(bodies.join('\n')), inputs }
    inputs = []
    bodies = []
    bytes = 0
    return batch
  }
  for await (const run of lineRuns(source)) {
    for (const line of linesOf(run)) {
      const text = processing.toModel(line)
      const length = Buffer.byteLength(text)
      if (length > payloadBytesMax) throw tooLarge(payloadBytesMax)
      if (bodies.length > 0 && bytes + 1 + length > payloadBytesMax) yield flush()
      bytes += length + (bodies.length > 0 ? 1 : 0)
      inputs.push(line)
      bodies.push(text)
      if (strategy === 'SingleRecord') yield flush()
    }
  }
  if (bodies.length > 0) yield flush()
}

async function* gathered(
  source: AsyncIterable<readonly Buffer[]>,
  { strategy, payloadBytesMax }: Batching,
): AsyncGenerator<MiniBatch> {
  let records: Buffer[] = []
  let bytes = 0
  for await (const found of source) {
    for (const record of found) {
      withinBound(record, payloadBytesMax)
      if (records.length > 0 && bytes + record.length > payloadBytesMax) {
        yield { body: Buffer.concat(records) }
        records = []
        bytes = 0
      }
      records.push(record)
      bytes += record.length
      if (strategy === 'SingleRecord') {
        yield { body: record }
        records = []
        bytes = 0
      }
    }
  }
  if (records.length > 0) yield { body: Buffer.concat(records) }
}

function withinBound(record: Buffer, payloadBytesMax: number): Buffer {
  if (record.length > payloadBytesMax) throw tooLarge(payloadBytesMax)
  return record
}
