import assert from 'node:assert/strict'
import test from 'node:test'
import { RecordFailure } from './record-failure.ts'
import { createProcessing, type ProcessingOptions } from './record-processing.ts'

interface Case {
  readonly title: string
  readonly type: string
  readonly accept?: string
  readonly input?: string
  readonly output?: string
  readonly joins?: boolean
  readonly splitsLines?: boolean
  readonly records: readonly string[]
  readonly sent: readonly string[]
  readonly answer: string
  readonly stored: readonly string[]
}

const CASES: readonly Case[] = [
  {
    title: 'CSV: by default answers alone are stored',
    type: 'text/csv',
    records: ['1,2', '3,4'],
    sent: ['1,2', '3,4'],
    answer: '0.1\n0.2\n',
    stored: ['0.1', '0.2'],
  },
  {
    title: 'CSV: the id column is not sent, and everything is joined',
    type: 'text/csv',
    input: '$[1:]',
    joins: true,
    records: ['7,1,2', '8,3,4'],
    sent: ['1,2', '3,4'],
    answer: '0.1\n0.2',
    stored: ['7,1,2,0.1', '8,3,4,0.2'],
  },
  {
    title: 'CSV: only the id and the answer are stored',
    type: 'text/csv',
    input: '$[1:]',
    output: '$[0, -1]',
    joins: true,
    records: ['7,1,2', '8,3,4'],
    sent: ['1,2', '3,4'],
    answer: '0.1\n0.2',
    stored: ['7,0.1', '8,0.2'],
  },
  {
    title: 'CSV: quoted fields with commas and quotes stay as they are',
    type: 'text/csv; charset=utf-8',
    input: '$[0]',
    output: '$[1:]',
    joins: true,
    records: ['"a, ""b""",2', '"c",""'],
    sent: ['"a, ""b"""', '"c"'],
    answer: '"x,y"\r\nz\r\n',
    stored: ['2,"x,y"', '"",z'],
  },
  {
    title: 'CSV: an answer row of several columns is appended whole',
    type: 'text/csv',
    output: '$[0,2:]',
    joins: true,
    records: ['1,2'],
    sent: ['1,2'],
    answer: '0.1,0.9',
    stored: ['1,0.1,0.9'],
  },
  {
    title: 'CSV: the output filter works without a join',
    type: 'text/csv',
    output: '$[-1]',
    records: ['1'],
    sent: ['1'],
    answer: '0.1,0.9',
    stored: ['0.9'],
  },
  {
    title: 'JSON lines: the answer is added to the object',
    type: 'application/jsonlines',
    splitsLines: true,
    joins: true,
    records: ['{"a":1}', '{"a":2}'],
    sent: ['{"a":1}', '{"a":2}'],
    answer: '{"score":1}\n{"score":2}\n',
    stored: ['{"a":1,"SageMakerOutput":{"score":1}}', '{"a":2,"SageMakerOutput":{"score":2}}'],
  },
  {
    title: 'JSON lines: features are sent, the id and the answer are stored',
    type: 'application/json',
    splitsLines: true,
    input: '$.features',
    output: "$['id','SageMakerOutput']",
    joins: true,
    records: ['{"id":7,"features":[1,2]}'],
    sent: ['[1,2]'],
    answer: '3',
    stored: ['{"id":7,"SageMakerOutput":3}'],
  },
  {
    title: 'JSON lines: what is no object becomes SageMakerInput',
    type: 'application/jsonlines',
    splitsLines: true,
    input: '$[1:]',
    joins: true,
    records: ['[7,1,2]'],
    sent: ['[1,2]'],
    answer: '3',
    stored: ['{"SageMakerInput":[7,1,2],"SageMakerOutput":3}'],
  },
  {
    title: 'JSON: the whole object is one record, and so is its answer, over several lines',
    type: 'application/json',
    joins: true,
    records: ['{"a":\n1}'],
    sent: ['{"a":\n1}'],
    answer: '{\n"score": 1\n}',
    stored: ['{"a":1,"SageMakerOutput":{"score":1}}'],
  },
  {
    title: 'JSON to CSV: rows of the answer are filtered each',
    type: 'application/json',
    accept: 'text/csv',
    input: '$.features',
    output: '$[-1]',
    records: ['{"features":[[1],[2]]}'],
    sent: ['[[1],[2]]'],
    answer: '0,0.1\n1,0.9\n',
    stored: ['0.1', '0.9'],
  },
]

for (const { title, type, accept, input, output, joins, splitsLines, ...row } of CASES) {
  test(title, () => {
    const processing = createProcessing({
      processing: {
        inputFilter: input ?? '$',
        outputFilter: output ?? '$',
        joinsInput: joins ?? false,
      },
      contentType: type,
      accept,
      splitsLines: splitsLines ?? false,
    })

    assert.deepEqual(row.records.map(processing.toModel), row.sent)
    assert.deepEqual(processing.fromModel(row.records, row.answer), row.stored)
  })
}

const INFERENCE = { newId: () => 'some-id', time: '2022-08-30T00:49:15Z' }
const PLAIN = { inputFilter: '$', outputFilter: '$', joinsInput: false }
const JOINED = { ...PLAIN, joinsInput: true }

function processingOf(options: Partial<ProcessingOptions>) {
  return createProcessing({
    processing: PLAIN,
    contentType: 'text/csv',
    accept: undefined,
    splitsLines: true,
    ...options,
  })
}

test('ids and times are appended to rows, and added to objects', () => {
  const csv = processingOf({ inference: INFERENCE })
  const json = processingOf({ inference: INFERENCE, contentType: 'application/jsonlines' })

  assert.deepEqual(csv.fromModel(['x'], '0\n'), ['0,some-id,2022-08-30T00:49:15Z'])
  assert.deepEqual(json.fromModel(['{}'], '{"output":0}'), [
    '{"output":0,"SageMakerInferenceId":"some-id","SageMakerInferenceTime":"2022-08-30T00:49:15Z"}',
  ])
})

test('fewer answers than records are a failure to join that tells both counts', () => {
  const processing = processingOf({ processing: JOINED })

  assert.throws(() => processing.fromModel(['1', '2', '3'], '0.1\n0.2'), {
    name: 'RecordFailure',
    message: /mismatched line count.*3 records were sent and 2 came back/,
  })
})

test('a path beyond the columns, a record that is no JSON, and other types are failures of the object', () => {
  const beyond = processingOf({ processing: { ...PLAIN, inputFilter: '$[4]' } })
  const json = processingOf({ contentType: 'application/jsonlines', processing: JOINED })

  assert.throws(() => beyond.toModel('1,2'), /index 4 is out of range: there are 2/)
  assert.throws(() => json.fromModel(['{"a":'], '1'), /is not JSON/)
  assert.throws(() => processingOf({ contentType: 'image/png' }), RecordFailure)
  assert.throws(() => processingOf({ processing: { ...PLAIN, inputFilter: '$.a' } }), /rows of CSV/)
})

test('rows that have newlines between quotes are whole where objects are not split', () => {
  const processing = processingOf({ splitsLines: false })

  assert.deepEqual(processing.records('1,"a\nb"\r\n\r\n2,c\n'), ['1,"a\nb"', '2,c'])
})
