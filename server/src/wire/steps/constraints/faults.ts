import type { ConstraintFault } from '../../../aws/errors.ts'
import { type ConstraintShape, type ConstraintTable, compilePattern } from './constraint-table.ts'
import { javaText } from './java-text.ts'

/** Longer texts without a published length are not matched: a pattern may take too long over them. */
const MATCHED_LENGTH_MAX = 65_536
const NONE: readonly string[] = []

/** Every constraint that an input fails, in AWS's words and in the model's order. */
export function faultsOf(
  shapeName: string,
  value: unknown,
  table: ConstraintTable,
): readonly ConstraintFault[] {
  const faults: ConstraintFault[] = []
  check(shapeName, value, { table, faults, place: undefined })
  return faults
}

/** Where a value stands. Most have no fault: a path is written only for those that have. */
interface Place {
  readonly above: Place | undefined
  /** A structure's member, or a list's element or a map's value by its number or key. */
  readonly member?: string
  readonly element?: string | number
}

interface Check {
  readonly table: ConstraintTable
  /** All that is found goes here. */
  readonly faults: ConstraintFault[]
  readonly place: Place | undefined
}

function check(shapeName: string, value: unknown, within: Check): void {
  const shape = within.table.shapes[shapeName]
  if (!shape) return
  if (shape.type === 'structure') {
    if (isRecord(value)) checkStructure(shape, value, within)
    return
  }
  for (const message of ownFaults(shape, value)) note(shape, { value, message, within })
  if (Array.isArray(value)) checkList(shape, value, within)
  else if (shape.type === 'map' && isRecord(value)) checkMap(shape, value, within)
}

function checkStructure(
  shape: ConstraintShape,
  value: Record<string, unknown>,
  { table, faults, place: above }: Check,
): void {
  for (const member of shape.required ?? NONE) {
    if (value[member] !== undefined && value[member] !== null) continue
    faults.push({ path: pathOf({ above, member }), message: 'Member must not be null' })
  }
  for (const member in shape.members) {
    const held = value[member]
    if (held === undefined || held === null) continue
    check(shape.members[member] ?? '', held, { table, faults, place: { above, member } })
  }
}

function checkList(shape: ConstraintShape, list: readonly unknown[], within: Check): void {
  const { table, faults, place: above } = within
  const { member = '' } = shape
  const element = table.shapes[member]
  if (!element) return
  if (!isScalar(element)) {
    for (const [index, item] of list.entries()) {
      check(member, item, { table, faults, place: { above, element: index + 1 } })
    }
    return
  }
  const messages = messagesOf(element, list)
  if (messages === '') return
  const message = `Member must satisfy constraint: [${messages}]`
  note(element, { value: list, message, within })
}

function checkMap(shape: ConstraintShape, map: Record<string, unknown>, within: Check): void {
  const { table, faults, place: above } = within
  const keyShape = table.shapes[shape.key ?? '']
  const keyMessages = keyShape ? messagesOf(keyShape, Object.keys(map)) : ''
  if (keyMessages !== '') {
    const message = `Map keys must satisfy constraint: [${keyMessages}]`
    note(shape, { value: map, message, within })
  }
  const { value: valueName = '' } = shape
  const valueShape = table.shapes[valueName]
  if (!valueShape) return
  if (!isScalar(valueShape)) {
    for (const [element, held] of Object.entries(map)) {
      check(valueName, held, { table, faults, place: { above, element } })
    }
    return
  }
  const messages = messagesOf(valueShape, Object.values(map))
  if (messages === '') return
  const message = `Map value must satisfy constraint: [${messages}]`
  note(valueShape, { value: map, message, within })
}

/** What any of `values` fails, each constraint once; empty when none does. */
function messagesOf(shape: ConstraintShape, values: readonly unknown[]): string {
  const messages = new Set<string>()
  for (const value of values) for (const message of ownFaults(shape, value)) messages.add(message)
  return [...messages].join(', ')
}

/** What a value fails of its shape's own constraints, without those of what it holds. */
function ownFaults(shape: ConstraintShape, value: unknown): readonly string[] {
  if (value === null || value === undefined) return ['Member must not be null']
  if (typeof value === 'number' || typeof value === 'bigint') return rangeFaults(shape, value)
  const length = lengthFaults(shape, value)
  if (typeof value !== 'string') return length
  const text = textFaults(shape, value)
  return length.length === 0 ? text : [...length, ...text]
}

function rangeFaults({ type, min, max }: ConstraintShape, value: number | bigint): string[] {
  const faults: string[] = []
  if ((type === 'integer' || type === 'long') && !isWhole(value)) {
    faults.push('Member must be an integer')
  }
  if (min !== undefined && value < min) {
    faults.push(`Member must have value greater than or equal to ${min}`)
  }
  if (max !== undefined && value > max) {
    faults.push(`Member must have value less than or equal to ${max}`)
  }
  return faults
}

function isWhole(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

function lengthFaults({ min, max }: ConstraintShape, value: unknown): readonly string[] {
  if (min === undefined && max === undefined) return NONE
  const length = lengthOf(value)
  if (length === undefined) return NONE
  const isShort = min !== undefined && length < min
  const isLong = max !== undefined && length > max
  if (!isShort && !isLong) return NONE
  return [
    ...(isShort ? [`Member must have length greater than or equal to ${min}`] : []),
    ...(isLong ? [`Member must have length less than or equal to ${max}`] : []),
  ]
}

function textFaults(shape: ConstraintShape, text: string): readonly string[] {
  const isNone = shape.enum !== undefined && !shape.enum.includes(text)
  const isMatched = shape.pattern !== undefined && text.length <= (shape.max ?? MATCHED_LENGTH_MAX)
  const isOff = isMatched && !compilePattern(shape.pattern).test(text)
  if (!isNone && !isOff) return NONE
  return [
    ...(isNone ? [`Member must satisfy enum value set: [${shape.enum.join(', ')}]`] : []),
    ...(isOff ? [`Member must satisfy regular expression pattern: ${shape.pattern}`] : []),
  ]
}

/** Characters of text (as Java counts them), bytes, elements or entries. */
function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  if (value instanceof Uint8Array) return value.byteLength
  return isRecord(value) && !(value instanceof Date) ? Object.keys(value).length : undefined
}

function note(
  shape: ConstraintShape,
  { value, message, within }: { value: unknown; message: string; within: Check },
): void {
  const shown = shape.sensitive ? {} : { value: javaText(value) }
  within.faults.push({ path: pathOf(within.place), message, ...shown })
}

/** AWS's spelling, e.g. `tags.1.member.key`; empty for the input itself. */
function pathOf(place: Place | undefined): string {
  if (!place) return ''
  const { above, member, element } = place
  const name =
    member === undefined
      ? `${element}.member`
      : `${member.charAt(0).toLowerCase()}${member.slice(1)}`
  return above ? `${pathOf(above)}.${name}` : name
}

function isScalar({ type }: ConstraintShape): boolean {
  return type !== 'structure' && type !== 'list' && type !== 'map'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
