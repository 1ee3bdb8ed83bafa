import type { PathSegment } from '../../aws/json-path.ts'
import { selectItems } from '../../aws/json-path.ts'
import { RecordFailure } from './record-failure.ts'

/**
 * The fields of a row as they are written, quotes and all: chosen and joined by commas again they are a row
 * without being read and written anew. @source RFC 4180
 */
export function csvFields(row: string): string[] {
  if (!row.includes('"')) return row.split(',')
  const fields: string[] = []
  let begin = 0
  let isQuoted = false
  for (let at = 0; at < row.length; at++) {
    const character = row[at]
    // a doubled quote leaves and enters again, which comes to the same
    if (character === '"') isQuoted = !isQuoted
    else if (character === ',' && !isQuoted) {
      fields.push(row.slice(begin, at))
      begin = at + 1
    }
  }
  if (isQuoted) throw new RecordFailure('A CSV row has a quote that is not closed')
  fields.push(row.slice(begin))
  return fields
}

/** The rows of a text, which may have newlines between quotes; empty lines are no rows. */
export function csvRows(text: string): string[] {
  if (!text.includes('"')) return text.split(/\r?\n/).filter((row) => row !== '')
  const rows: string[] = []
  let begin = 0
  let isQuoted = false
  for (let at = 0; at <= text.length; at++) {
    if (text[at] === '"') isQuoted = !isQuoted
    if (at < text.length && (text[at] !== '\n' || isQuoted)) continue
    const row = text.slice(begin, at > begin && text[at - 1] === '\r' ? at - 1 : at)
    if (row !== '') rows.push(row)
    begin = at + 1
  }
  return rows
}

/**
 * How a path chooses columns: by index, or all of them.
 * @returns undefined for a path that no row has, e.g. one by name
 */
export function csvFilter(path: readonly PathSegment[]): ((row: string) => string) | undefined {
  const [segment, ...rest] = path
  if (!segment) return (row) => row
  if (rest.length > 0 || segment.kind === 'names') return undefined
  if (segment.kind === 'wildcard') return (row) => row
  const { indexes } = segment
  return (row) => selectItems(csvFields(row), indexes).join(',')
}
