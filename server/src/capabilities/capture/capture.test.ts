import assert from 'node:assert/strict'
import test from 'node:test'
import { captureLine } from './capture-record.ts'
import { captureSettings } from './capture-settings.ts'
import type { TextPart } from './gathered-text.ts'

const CONFIG = {
  EnableCapture: true,
  InitialSamplingPercentage: 100,
  DestinationS3Uri: 's3://bucket/capture',
  CaptureOptions: [{ CaptureMode: 'Input' as const }, { CaptureMode: 'Output' as const }],
  CaptureContentTypeHeader: {
    CsvContentTypes: ['text/csv'],
    JsonContentTypes: ['application/json'],
  },
}
const EVENT = {
  eventId: '7b1d0f3e-6c55-4b0f-9a53-0f1f2ad2c6de',
  inferenceId: undefined,
  customAttributes: undefined,
  at: new Date('2022-04-04T18:49:16.789Z'),
}
const INPUT = { contentType: 'text/csv', body: Buffer.from('1,2') }
const OUTPUT = { contentType: 'text/csv; charset=utf-8', body: Buffer.from('0.01') }

function textOf(line: readonly TextPart[]): string {
  return Buffer.concat(line.map((part) => Buffer.from(part))).toString()
}

test('a record is what AWS writes, member by member', () => {
  const settings = captureSettings(CONFIG)
  assert.ok(settings)
  const event = { ...EVENT, inferenceId: '42', customAttributes: '' }
  assert.equal(
    textOf(captureLine(settings, { input: INPUT, output: OUTPUT, event })),
    '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"1,2",' +
      '"encoding":"CSV"},"endpointOutput":{"observedContentType":"text/csv; charset=utf-8",' +
      '"mode":"OUTPUT","data":"0.01","encoding":"CSV"}},"eventMetadata":{"eventId":' +
      '"7b1d0f3e-6c55-4b0f-9a53-0f1f2ad2c6de","inferenceId":"42","customAttributes":[""],' +
      '"inferenceTime":"2022-04-04T18:49:16Z"},"eventVersion":"0"}\n',
  )
})

test('of one side asked for only that is written, and of no metadata none', () => {
  const settings = captureSettings({ ...CONFIG, CaptureOptions: [{ CaptureMode: 'Output' }] })
  assert.ok(settings)
  const line = textOf(captureLine(settings, { input: INPUT, output: OUTPUT, event: EVENT }))
  const { captureData, eventMetadata } = JSON.parse(line)
  assert.deepEqual(Object.keys(captureData), ['endpointOutput'])
  assert.deepEqual(Object.keys(eventMetadata), ['eventId', 'inferenceTime'])
})

const ENCODINGS = [
  ['text/csv', 'CSV'],
  ['TEXT/CSV ; header=present', 'CSV'],
  ['application/json', 'JSON'],
  ['application/jsonlines', 'BASE64'],
  ['application/x-npy', 'BASE64'],
  [undefined, 'BASE64'],
] as const

for (const [contentType, encoding] of ENCODINGS) {
  test(`data of type ${contentType} is written as ${encoding}`, () => {
    const settings = captureSettings(CONFIG)
    assert.equal(settings?.kindOf(contentType).encoding, encoding)
  })
}

test('bytes that are no text survive as base64', () => {
  const settings = captureSettings(CONFIG)
  assert.ok(settings)
  const body = Buffer.from([0x93, 0x4e, 0x00, 0xff])
  const input = { contentType: 'application/x-npy', body }
  const { captureData } = JSON.parse(
    textOf(captureLine(settings, { input, output: OUTPUT, event: EVENT })),
  )
  assert.deepEqual(Buffer.from(captureData.endpointInput.data, 'base64'), body)
})

test('nothing is captured when it is disabled or nothing is sampled; enabled is the default', () => {
  assert.equal(captureSettings({ ...CONFIG, EnableCapture: false }), undefined)
  assert.equal(captureSettings({ ...CONFIG, InitialSamplingPercentage: 0 }), undefined)
  const { EnableCapture: _, ...unsaid } = CONFIG
  assert.equal(captureSettings(unsaid)?.share, 1)
})

for (const text of ['"a","b"\n', 'C:\\x', 'grün, 8 €', '\u0000\u001f\u007f', '']) {
  test(`the text ${JSON.stringify(text)} survives`, () => {
    const settings = captureSettings(CONFIG)
    assert.ok(settings)
    const input = { contentType: 'text/csv', body: Buffer.from(text) }
    const event = { ...EVENT, inferenceId: text, customAttributes: text }
    const line = textOf(captureLine(settings, { input, output: OUTPUT, event }))
    const { captureData, eventMetadata } = JSON.parse(line)
    assert.equal(captureData.endpointInput.data, text)
    assert.equal(eventMetadata.inferenceId, text)
    assert.deepEqual(eventMetadata.customAttributes, [text])
    assert.equal(line.indexOf('\n'), line.length - 1)
  })
}
