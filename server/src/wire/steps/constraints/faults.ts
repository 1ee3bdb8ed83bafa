import type { ConstraintFault } from '../../../aws/errors.ts'
import { type ConstraintShape, type ConstraintTable, compilePattern } from './constraint-table.ts'
import { javaText } from './java-text.ts'

/** Longer texts without a published length are not matched: a pattern may take too long over them. */
const MATCHED_LENGTH_MAX = 65_536

interface Place {
  readonly table: ConstraintTable
  /** AWS's spelling, e.g. `tags.1.member.key`; empty for the input itself. */
  readonly path: string
}

/** Every constraint that `value` fails, in AWS's words and in the model's order. */
export function faultsOf(shapeName: string, value: unknown, place: Place): ConstraintFault[] {
  const shape = place.table.shapes[shapeName]
  if (!shape) return []
  if (isStructure(shape)) return structureFaults(shape, value, place)
  const own = ownFaults(shape, value).map((message) => fault(shape, { value, message, place }))
  if (Array.isArray(value)) return [...own, ...listFaults(shape, value, place)]
  if (shape.type === 'map' && isRecord(value)) return [...own, ...mapFaults(shape, value, place)]
  return own
}

function structureFaults(shape: ConstraintShape, value: unknown, place: Place): ConstraintFault[] {
  if (!isRecord(value)) return []
  const faults: ConstraintFault[] = []
  for (const name of shape.required ?? []) {
    if (value[name] !== undefined && value[name] !== null) continue
    faults.push({ path: below(place.path, name), message: 'Member must not be null' })
  }
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const held = value[name]
    if (held === undefined || held === null) continue
    faults.push(...faultsOf(member, held, { ...place, path: below(place.path, name) }))
  }
  return faults
}

function listFaults(shape: ConstraintShape, list: unknown[], place: Place): ConstraintFault[] {
  const element = shape.member === undefined ? undefined : place.table.shapes[shape.member]
  if (shape.member === undefined || !element) return []
  if (isScalar(element)) {
    const messages = unique(list.flatMap((item) => ownFaults(element, item)))
    if (messages.length === 0) return []
    const message = `Member must satisfy constraint: [${messages.join(', ')}]`
    return [fault(element, { value: list, message, place })]
  }
  const { member } = shape
  return list.flatMap((item, index) =>
    faultsOf(member, item, { ...place, path: `${place.path}.${index + 1}.member` }),
  )
}

function mapFaults(
  shape: ConstraintShape,
  map: Record<string, unknown>,
  place: Place,
): ConstraintFault[] {
  const faults: ConstraintFault[] = []
  const keyShape = place.table.shapes[shape.key ?? '']
  const valueShape = place.table.shapes[shape.value ?? '']
  const keys = keyShape ? unique(Object.keys(map).flatMap((key) => ownFaults(keyShape, key))) : []
  if (keys.length > 0) {
    const message = `Map keys must satisfy constraint: [${keys.join(', ')}]`
    faults.push(fault(shape, { value: map, message, place }))
  }
  if (!valueShape || shape.value === undefined) return faults
  if (isScalar(valueShape)) {
    const values = unique(Object.values(map).flatMap((held) => ownFaults(valueShape, held)))
    if (values.length === 0) return faults
    const message = `Map value must satisfy constraint: [${values.join(', ')}]`
    return [...faults, fault(valueShape, { value: map, message, place })]
  }
  for (const [key, held] of Object.entries(map)) {
    faults.push(...faultsOf(shape.value, held, { ...place, path: `${place.path}.${key}.member` }))
  }
  return faults
}

/** What a value fails of its shape's own constraints, without those of what it holds. */
function ownFaults(shape: ConstraintShape, value: unknown): string[] {
  if (value === null || value === undefined) return ['Member must not be null']
  if (typeof value === 'number' || typeof value === 'bigint') return rangeFaults(shape, value)
  const faults = lengthFaults(shape, lengthOf(value))
  if (typeof value !== 'string') return faults
  if (shape.enum && !shape.enum.includes(value)) {
    faults.push(`Member must satisfy enum value set: [${shape.enum.join(', ')}]`)
  }
  const matched = value.length <= (shape.max ?? MATCHED_LENGTH_MAX)
  if (shape.pattern !== undefined && matched && !compilePattern(shape.pattern).test(value)) {
    faults.push(`Member must satisfy regular expression pattern: ${shape.pattern}`)
  }
  return faults
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

function lengthFaults({ min, max }: ConstraintShape, length: number | undefined): string[] {
  const faults: string[] = []
  if (length === undefined) return faults
  if (min !== undefined && length < min) {
    faults.push(`Member must have length greater than or equal to ${min}`)
  }
  if (max !== undefined && length > max) {
    faults.push(`Member must have length less than or equal to ${max}`)
  }
  return faults
}

/** Characters of text (as Java counts them), bytes, elements or entries. */
function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  if (value instanceof Uint8Array) return value.byteLength
  return isRecord(value) && !(value instanceof Date) ? Object.keys(value).length : undefined
}

function fault(
  shape: ConstraintShape,
  { value, message, place }: { value: unknown; message: string; place: Place },
): ConstraintFault {
  const shown = shape.sensitive ? {} : { value: javaText(value) }
  return { path: place.path, message, ...shown }
}

function below(path: string, member: string): string {
  const name = `${member.charAt(0).toLowerCase()}${member.slice(1)}`
  return path === '' ? name : `${path}.${name}`
}

function isStructure({ type }: ConstraintShape): boolean {
  return type === 'structure'
}

function isScalar({ type }: ConstraintShape): boolean {
  return type !== 'structure' && type !== 'list' && type !== 'map'
}

function unique(messages: readonly string[]): string[] {
  return [...new Set(messages)]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
