import type { NormalizedSchema } from '@smithy/core/schema'
import { fromBase64, toBase64 } from '@smithy/core/serde'
import { AwsError } from '../../aws/errors.ts'
import { assert } from '../../base/assert.ts'
import type { Shape } from './protocol.ts'

/**
 * How values of one schema stand in JSON. Worked out once per schema: to ask a schema at each value what it is
 * costs more than to convert the value.
 */
export interface JsonForm {
  /** Parsed JSON, but null, as the schema's value; what is not declared is left out. @throws AwsError */
  readonly read: (value: unknown) => unknown
  /** What `JSON.stringify` takes for a value of the schema that is there. */
  readonly write: (value: unknown) => unknown
}

/** A structure's form, for whole bodies. */
export interface JsonStructureForm extends JsonForm {
  readonly read: (value: unknown) => Shape
}

/** Members under the names that the model gives them. */
export const jsonForm = createForms(({ name }) => name)

/** As REST services write JSON: the model may rename members. */
export const restJsonForm = createForms(
  ({ name, schema }) => (schema.getMergedTraits().jsonName as string | undefined) ?? name,
)

export function serializationException(message: string): AwsError {
  return new AwsError('SerializationException', message)
}

interface Member {
  readonly name: string
  readonly schema: NormalizedSchema
}

/** @returns the form of a structure, the same one each time that it is asked for */
function createForms(
  keyOf: (member: Member) => string,
): (structure: NormalizedSchema) => JsonStructureForm {
  // by the SDK's own object: there are many normalised ones of a schema
  const known = new WeakMap<object, JsonStructureForm>()

  const structureForm = (schema: NormalizedSchema): JsonStructureForm => {
    const source = schema.getSchema() as object
    const form = known.get(source) ?? newStructureForm(schema, membersOf)
    known.set(source, form)
    return form
  }
  const membersOf = (schema: NormalizedSchema): MemberForm[] =>
    [...schema.structIterator()].map(([name, member]) => {
      const { read, write } = formOf(member)
      return { name, key: keyOf({ name, schema: member }), read, write }
    })
  const formOf = (schema: NormalizedSchema): JsonForm => {
    if (schema.isStructSchema()) return structureForm(schema)
    if (schema.isListSchema()) return listForm(formOf(schema.getValueSchema()), isSparse(schema))
    if (schema.isMapSchema()) return mapForm(formOf(schema.getValueSchema()), isSparse(schema))
    const form = SCALARS.find(({ isOf }) => isOf(schema))
    assert(form, `${schema.getName(true)} is of a kind that JSON is not written of here`)
    return form
  }
  return structureForm
}

interface MemberForm extends JsonForm {
  readonly name: string
  /** Its name in JSON. */
  readonly key: string
}

/** @param membersOf asked at the first value: structures may hold themselves */
function newStructureForm(
  schema: NormalizedSchema,
  membersOf: (schema: NormalizedSchema) => MemberForm[],
): JsonStructureForm {
  const isUnion = schema.isUnionSchema()
  let known: readonly MemberForm[] | undefined
  return {
    read: (value) => {
      if (!isRecord(value)) throw notExpected(value, 'a Structure')
      known ??= membersOf(schema)
      const shape: Shape = {}
      for (const { name, key, read } of known) {
        const held = value[key]
        if (held !== undefined && held !== null) shape[name] = read(held)
      }
      return isUnion ? withUnknown(shape, { value, members: known }) : shape
    },
    write: (value) => {
      if (!isRecord(value)) return value
      known ??= membersOf(schema)
      const json: Shape = {}
      for (const { name, key, write } of known) {
        const held = value[name]
        if (held !== undefined && held !== null) json[key] = write(held)
      }
      if (isUnion && Array.isArray(value.$unknown)) put(json, value.$unknown[0], value.$unknown[1])
      return json
    },
  }
}

/** A choice that the model does not know is kept as `$unknown`, as in the SDKs. */
function withUnknown(
  shape: Shape,
  { value, members }: { value: Shape; members: readonly MemberForm[] },
): Shape {
  const declared = new Set(['__type', ...members.map(({ key }) => key)])
  const [first, ...others] = Object.keys(value).filter((key) => !declared.has(key))
  if (first === undefined || others.length > 0 || Object.keys(shape).length > 0) return shape
  return { $unknown: [first, value[first]] }
}

function listForm({ read, write }: JsonForm, sparse: boolean): JsonForm {
  return {
    read: (value) => {
      if (!Array.isArray(value)) throw notExpected(value, 'a List')
      return value.map((item) => (item === null ? null : read(item)))
    },
    write: (value) => {
      if (!Array.isArray(value)) return value
      const items: unknown[] = []
      for (const item of value) {
        if (item !== undefined && item !== null) items.push(write(item))
        else if (sparse) items.push(null)
      }
      return items
    },
  }
}

function mapForm({ read, write }: JsonForm, sparse: boolean): JsonForm {
  return {
    read: (value) => {
      if (!isRecord(value)) throw notExpected(value, 'a Map')
      const map: Shape = {}
      for (const key of Object.keys(value)) {
        const held = value[key]
        put(map, key, held === null ? null : read(held))
      }
      return map
    },
    write: (value) => {
      if (!isRecord(value)) return value
      const map: Shape = {}
      for (const key of Object.keys(value)) {
        const held = value[key]
        if (held !== undefined && held !== null) put(map, key, write(held))
        else if (sparse) put(map, key, null)
      }
      return map
    },
  }
}

/** Sets a member whose name is anyone's choice. */
function put(target: Shape, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, enumerable: true })
}

interface ScalarForm extends JsonForm {
  readonly isOf: (schema: NormalizedSchema) => boolean
}

const SPELT_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** Timestamps are epoch seconds, milliseconds their fraction; numbers that JSON has not are spelt. */
const SCALARS: readonly ScalarForm[] = [
  {
    isOf: (schema) => schema.isStringSchema(),
    read: (value) => (typeof value === 'string' ? value : refuse(value, 'a String')),
    write: (value) => value,
  },
  {
    isOf: (schema) => schema.isNumericSchema(),
    read: (value) => {
      if (typeof value === 'number' || typeof value === 'bigint') return value
      return SPELT_NUMBERS.get(value) ?? refuse(value, 'a Number')
    },
    write: (value) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  },
  {
    isOf: (schema) => schema.isBooleanSchema(),
    read: (value) => (typeof value === 'boolean' ? value : refuse(value, 'a Boolean')),
    write: (value) => value,
  },
  {
    isOf: (schema) => schema.getSchema() === EPOCH_SECONDS || schema.getSchema() === TIMESTAMP,
    read: (value) =>
      typeof value === 'number' && Number.isFinite(value)
        ? new Date(Math.round(value * 1_000))
        : refuse(value, 'a Timestamp'),
    write: (value) => (value instanceof Date ? value.getTime() / 1_000 : value),
  },
  {
    isOf: (schema) => schema.isBlobSchema(),
    read: (value) => (typeof value === 'string' ? fromBase64(value) : refuse(value, 'a Blob')),
    write: (value) => toBase64(value as Uint8Array),
  },
]

/** Smithy's numbers for a timestamp in the protocol's own form, and in epoch seconds. */
const TIMESTAMP = 4
const EPOCH_SECONDS = 7

function isSparse(schema: NormalizedSchema): boolean {
  return Boolean(schema.getMergedTraits().sparse)
}

function refuse(value: unknown, wanted: string): never {
  throw notExpected(value, wanted)
}

function notExpected(value: unknown, wanted: string): AwsError {
  if (Array.isArray(value)) return serializationException('Start of list found where not expected')
  if (isRecord(value)) {
    return serializationException('Start of structure or map found where not expected.')
  }
  const kind =
    typeof value === 'boolean'
      ? `${String(value).toUpperCase()}_VALUE`
      : typeof value === 'string'
        ? 'STRING_VALUE'
        : 'NUMBER_VALUE'
  return serializationException(`${kind} can not be converted to ${wanted}`)
}

function isRecord(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
