/** Which items of an array: one by its index, from the end when negative, or a run of them. */
export type IndexRange = number | { readonly start?: number; readonly end?: number }

/** One segment of a path after its `$`. */
export type PathSegment =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly IndexRange[] }
  | { readonly kind: 'wildcard' }

/** A path selects something that a record does not have. */
export class PathMiss extends Error {
  override readonly name = 'PathMiss'
}

const DOT_NAME = /\.([^\s.,:*[\]'"()?@$]+)/y
const DOT_WILDCARD = /\.\*/y
const BRACKETS = /\.?\[((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\]'"])*)\]/y
const QUOTED = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(?:,|$)/y
const INDEX = /^\s*(-?\d+)\s*$/
const SLICE = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*$/

/**
 * Reads the JSONPath that batch transform knows: `$`, `.name`, `*`, `['a','b']`, `[0,-1]`, `[1:3]`, and
 * indexes and slices together as in `[0,5:]`.
 *
 * @returns undefined when `text` is anything else
 * @source "Associate Prediction Results with Input Records", Supported JSONPath Operators
 */
export function parseJsonPath(text: string): readonly PathSegment[] | undefined {
  const path = text.trim()
  if (!path.startsWith('$')) return undefined
  const segments: PathSegment[] = []
  let at = 1
  const take = (form: RegExp): RegExpExecArray | null => {
    form.lastIndex = at
    const match = form.exec(path)
    if (match) at = form.lastIndex
    return match
  }
  while (at < path.length) {
    const name = take(DOT_NAME)
    if (name) segments.push({ kind: 'names', names: [name[1] ?? ''] })
    else if (take(DOT_WILDCARD)) segments.push({ kind: 'wildcard' })
    else {
      const segment = bracketSegment(take(BRACKETS)?.[1])
      if (!segment) return undefined
      segments.push(segment)
    }
  }
  return segments
}

function bracketSegment(content: string | undefined): PathSegment | undefined {
  if (content === undefined) return undefined
  if (content.trim() === '*') return { kind: 'wildcard' }
  if (/^\s*['"]/.test(content)) {
    const names = quotedNames(content)
    return names && { kind: 'names', names }
  }
  const indexes = content.split(',').map(indexRange)
  return indexes.every((index) => index !== undefined) ? { kind: 'indexes', indexes } : undefined
}

function quotedNames(content: string): readonly string[] | undefined {
  const names: string[] = []
  let at = 0
  while (at < content.length) {
    QUOTED.lastIndex = at
    const match = QUOTED.exec(content)
    if (!match) return undefined
    names.push((match[1] ?? match[2] ?? '').replace(/\\(.)/g, '$1'))
    at = QUOTED.lastIndex
  }
  return content.trimEnd().endsWith(',') ? undefined : names
}

function indexRange(text: string): IndexRange | undefined {
  const index = INDEX.exec(text)
  if (index) return Number(index[1])
  const slice = SLICE.exec(text)
  if (!slice) return undefined
  return {
    ...(slice[1] !== undefined && { start: Number(slice[1]) }),
    ...(slice[2] !== undefined && { end: Number(slice[2]) }),
  }
}

/**
 * What a path selects of a JSON value: one name or index its value, several an object or an array of
 * them. What follows several is taken of each.
 *
 * @throws PathMiss for a name or an index that is not there; a slice takes what there is
 */
export function selectJson(value: unknown, path: readonly PathSegment[]): unknown {
  const [segment, ...rest] = path
  if (!segment) return value
  if (segment.kind === 'names') {
    const object = requireObject(value, segment.names)
    const [first = ''] = segment.names
    if (segment.names.length === 1) return selectJson(requireMember(object, first), rest)
    return Object.fromEntries(
      segment.names.map((name) => [name, selectJson(requireMember(object, name), rest)]),
    )
  }
  if (segment.kind === 'wildcard') {
    const items = Array.isArray(value) ? value : Object.values(requireObject(value, ['*']))
    return items.map((item) => selectJson(item, rest))
  }
  if (!Array.isArray(value)) throw new PathMiss('an index is asked of what is no array')
  const [first] = segment.indexes
  const chosen = selectItems(value, segment.indexes)
  if (segment.indexes.length === 1 && typeof first === 'number') return selectJson(chosen[0], rest)
  return chosen.map((item) => selectJson(item, rest))
}

/** The chosen items, in the order in which they are asked for. @throws PathMiss beyond the array's ends */
export function selectItems<T>(items: readonly T[], indexes: readonly IndexRange[]): readonly T[] {
  return indexes.flatMap((index) => {
    if (typeof index !== 'number') return items.slice(index.start ?? 0, index.end)
    const found = items.at(index)
    if (found !== undefined) return [found]
    throw new PathMiss(`index ${index} is out of range: there are ${items.length}`)
  })
}

function requireObject(value: unknown, names: readonly string[]): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new PathMiss(`attribute '${names.join("', '")}' is asked of what is no object`)
}

function requireMember(object: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name]
  throw new PathMiss(`there is no attribute '${name}'`)
}
