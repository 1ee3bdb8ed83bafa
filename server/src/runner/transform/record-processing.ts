import { PathMiss, type PathSegment, parseJsonPath, selectJson } from '../../aws/json-path.ts'
import type { TaskTransform } from '../../platform/engines/task-transform.ts'
import { csvFilter, csvRows } from './csv-row.ts'
import { RecordFailure } from './record-failure.ts'

/** How records are written: one per row, one per line, or one that is the whole object. */
export type RecordFormat = 'csv' | 'jsonlines' | 'json'

/** What becomes of records on their way to the model and back. */
export interface RecordProcessing {
  readonly format: RecordFormat
  /** The records of a text. @throws RecordFailure */
  records(text: string): readonly string[]
  /** What of a record the model is to see. @throws RecordFailure */
  toModel(record: string): string
  /** The lines that come out for a mini-batch. @throws RecordFailure when there is not one answer per record */
  fromModel(inputs: readonly string[], answer: string): readonly string[]
}

export interface ProcessingOptions {
  readonly processing: NonNullable<TaskTransform['processing']>
  readonly contentType: string | undefined
  readonly accept: string | undefined
  readonly splitsLines: boolean
  /** Adds an id and a time to each record. */
  readonly inference?: { readonly newId: () => string; readonly time: string }
}

/** @throws RecordFailure for formats that have no fields */
export function createProcessing(options: ProcessingOptions): RecordProcessing {
  const { processing, contentType, accept, splitsLines, inference } = options
  const format = formatOf(contentType, { splitsLines })
  const outFormat = accept === undefined ? format : formatOf(accept, { splitsLines })
  const isWhole = format === 'json'
  const toModel = recordFilter(processing.inputFilter, format)
  const toOutput = recordFilter(processing.outputFilter, outFormat)
  const join = outFormat === 'csv' ? joinRow : joinJson
  const mark = inference && (outFormat === 'csv' ? markRow(inference) : markJson(inference))
  return {
    format,
    records: (text) => recordsOf(text, format),
    toModel,
    fromModel: (inputs, answer) => {
      const answers = recordsOf(answer, isWhole ? 'json' : outFormat)
      if (processing.joinsInput && answers.length !== inputs.length) {
        throw new RecordFailure(
          'Fail to join data: mismatched line count between the input and the output: ' +
            `${inputs.length} records were sent and ${answers.length} came back`,
        )
      }
      return answers.map((text, index) => {
        const joined = processing.joinsInput ? join(inputs[index] ?? '', text) : text
        const shown = toOutput(joined)
        return mark ? mark(shown) : shown
      })
    },
  }
}

/** @throws RecordFailure for a type whose records have no fields */
export function formatOf(
  contentType: string | undefined,
  { splitsLines }: { readonly splitsLines: boolean },
): RecordFormat {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'text/csv') return 'csv'
  if (type === 'application/jsonlines' || type === 'application/x-jsonlines') return 'jsonlines'
  if (type === 'application/json') return splitsLines ? 'jsonlines' : 'json'
  throw new RecordFailure(
    `Records of type '${contentType}' cannot be filtered or joined: only text/csv, application/json ` +
      'and application/jsonlines can',
  )
}

function recordsOf(text: string, format: RecordFormat): readonly string[] {
  if (format === 'csv') return csvRows(text)
  if (format === 'json') return text.trim() === '' ? [] : [text]
  return text.split(/\r?\n/).filter((line) => line.trim() !== '')
}

function recordFilter(filter: string, format: RecordFormat): (record: string) => string {
  const path = parseJsonPath(filter)
  if (!path) throw new RecordFailure(`The filter '${filter}' is not a JSONPath that is supported`)
  if (path.length === 0) return (record) => record
  const select = format === 'csv' ? csvFilter(path) : jsonFilter(path)
  if (!select) throw new RecordFailure(`The filter '${filter}' does not fit rows of CSV`)
  return (record) => {
    try {
      return select(record)
    } catch (error) {
      if (!(error instanceof PathMiss)) throw error
      throw new RecordFailure(`The filter '${filter}' does not fit a record: ${error.message}`)
    }
  }
}

function jsonFilter(path: readonly PathSegment[]): (record: string) => string {
  return (record) => JSON.stringify(selectJson(parseRecord(record), path))
}

function joinRow(input: string, answer: string): string {
  return `${input},${answer}`
}

/** @source DataProcessing's reference, JoinSource */
function joinJson(input: string, answer: string): string {
  const record = parseRecord(input)
  const output = parseRecord(answer)
  const joined = isObject(record)
    ? { ...record, SageMakerOutput: output }
    : { SageMakerInput: record, SageMakerOutput: output }
  return JSON.stringify(joined)
}

type Inference = NonNullable<ProcessingOptions['inference']>

function markRow({ newId, time }: Inference): (row: string) => string {
  return (row) => `${row},${newId()},${time}`
}

function markJson({ newId, time }: Inference): (record: string) => string {
  return (text) => {
    const record = parseRecord(text)
    const fields = isObject(record) ? record : { SageMakerOutput: record }
    return JSON.stringify({
      ...fields,
      SageMakerInferenceId: newId(),
      SageMakerInferenceTime: time,
    })
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseRecord(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RecordFailure(`A record is not JSON: ${text.slice(0, 100)}`)
  }
}
