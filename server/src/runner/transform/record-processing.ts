import { PathMiss, type PathSegment, parseJsonPath, selectJson } from '../../aws/json-path.ts'
import type { TaskTransform } from '../../platform/engines/task-transform.ts'
import { csvFilter, csvRows } from './csv-row.ts'
import { RecordFailure } from './record-failure.ts'

/** How records are written: one per row, one per line, or one that is the whole object. */
export type RecordFormat = 'csv' | 'jsonlines' | 'json'

/** What becomes of records on their way to the model and back. */
export interface RecordProcessing {
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
  const { processing, contentType, accept, splitsLines } = options
  const format = formatOf(contentType, { splitsLines })
  const outFormat = accept === undefined ? format : formatOf(accept, { splitsLines })
  // the answer to one whole document is one too, over however many lines
  const answerFormat = format === 'json' && outFormat !== 'csv' ? 'json' : outFormat
  const toModel = recordFilter(processing.inputFilter, format)
  const toStore = outFormat === 'csv' ? rowOutput(options) : jsonOutput(options)
  return {
    records: (text) => recordsOf(text, format),
    toModel,
    fromModel: (inputs, answer) => {
      const answers = recordsOf(answer, answerFormat)
      if (processing.joinsInput && answers.length !== inputs.length) {
        throw new RecordFailure(
          'Fail to join data: mismatched line count between the input and the output: ' +
            `${inputs.length} records were sent and ${answers.length} came back`,
        )
      }
      return answers.map((text, index) => toStore(inputs[index] ?? '', text))
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

/** What is stored for a record and its answer. */
type Output = (input: string, answer: string) => string

function rowOutput({ processing, inference }: ProcessingOptions): Output {
  const { joinsInput, outputFilter } = processing
  const filter = recordFilter(outputFilter, 'csv')
  return (input, answer) => {
    const row = filter(joinsInput ? `${input},${answer}` : answer)
    return inference ? `${row},${inference.newId()},${inference.time}` : row
  }
}

/** @source DataProcessing's reference, JoinSource */
function jsonOutput({ processing, inference }: ProcessingOptions): Output {
  const { joinsInput, outputFilter } = processing
  const path = requirePath(outputFilter)
  if (!joinsInput && !inference && path.length === 0) return (_, answer) => answer
  return (input, answer) => {
    const output = parseRecord(answer)
    const joined = joinsInput
      ? { ...fieldsOf(parseRecord(input), 'SageMakerInput'), SageMakerOutput: output }
      : output
    const chosen = fitting(outputFilter, () => selectJson(joined, path))
    if (!inference) return JSON.stringify(chosen)
    return JSON.stringify({
      ...fieldsOf(chosen, 'SageMakerOutput'),
      SageMakerInferenceId: inference.newId(),
      SageMakerInferenceTime: inference.time,
    })
  }
}

function recordFilter(filter: string, format: RecordFormat): (record: string) => string {
  const path = requirePath(filter)
  if (path.length === 0) return (record) => record
  const select =
    format === 'csv'
      ? csvFilter(path)
      : (record: string) => JSON.stringify(selectJson(parseRecord(record), path))
  if (!select) throw new RecordFailure(`The filter '${filter}' does not fit rows of CSV`)
  return (record) => fitting(filter, () => select(record))
}

function requirePath(filter: string): readonly PathSegment[] {
  const path = parseJsonPath(filter)
  if (path) return path
  throw new RecordFailure(`The filter '${filter}' is not a JSONPath that is supported`)
}

function fitting<T>(filter: string, select: () => T): T {
  try {
    return select()
  } catch (error) {
    if (!(error instanceof PathMiss)) throw error
    throw new RecordFailure(`The filter '${filter}' does not fit a record: ${error.message}`)
  }
}

/** A record that is no object becomes one, with a single attribute. */
function fieldsOf(record: unknown, name: string): Record<string, unknown> {
  return isObject(record) ? record : { [name]: record }
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
