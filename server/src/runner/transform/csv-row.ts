import { type IndexRange, type PathSegment, selectItems } from '../../aws/json-path.ts'
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
  const cuts = indexes.map(cutOf)
  const select = (row: string) => selectItems(csvFields(row), indexes).join(',')
  if (!cuts.every((cut) => cut !== undefined)) return select
  return (row) => {
    if (row.includes('"')) return select(row)
    const parts: string[] = []
    for (const cut of cuts) {
      const part = cut(row)
      if (part === undefined) return select(row)
      parts.push(part)
    }
    return parts.length === 1 ? (parts[0] ?? '') : parts.join(',')
  }
}

/** Takes some fields of a row without quotes by its commas alone; undefined where the row is too short. */
type Cut = (row: string) => string | undefined

/** For what most filters ask: a field from the front, the last one, and all from one on. */
function cutOf(index: IndexRange): Cut | undefined {
  if (index === -1) return (row) => row.slice(row.lastIndexOf(',') + 1)
  if (typeof index === 'number') {
    return index < 0
      ? undefined
      : (row) => {
          const begin = fieldBegin(row, index)
          if (begin < 0) return undefined
          const end = row.indexOf(',', begin)
          return row.slice(begin, end < 0 ? row.length : end)
        }
  }
  const { start = 0, end } = index
  if (start < 0 || end !== undefined) return undefined
  return (row) => {
    const begin = fieldBegin(row, start)
    return begin < 0 ? undefined : row.slice(begin)
  }
}

/** Where a field begins; -1 when there are fewer. */
function fieldBegin(row: string, index: number): number {
  let begin = 0
  for (let passed = 0; passed < index; passed++) {
    const comma = row.indexOf(',', begin)
    if (comma < 0) return -1
    begin = comma + 1
  }
  return begin
}
