import type { NormalizedSchema } from '@smithy/core/schema'
import { AwsError } from '../../aws/errors.ts'

/**
 * Holds parsed JSON against a shape's types, as AWS's own deserialisers do before they validate. Members
 * that the shape does not declare are left alone: the codec ignores them.
 *
 * @throws AwsError SerializationException
 */
export function checkJsonTypes(schema: NormalizedSchema, value: unknown): void {
  if (value === null || value === undefined) return
  if (schema.isStructSchema()) {
    checkStructure(schema, value)
    return
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw notExpected(value, 'a List')
    for (const item of value) checkJsonTypes(schema.getValueSchema(), item)
    return
  }
  if (schema.isMapSchema()) {
    if (!isRecord(value)) throw notExpected(value, 'a Map')
    for (const item of Object.values(value)) checkJsonTypes(schema.getValueSchema(), item)
    return
  }
  const wanted = wantedType(schema)
  if (wanted && !wanted.accepts(value)) throw notExpected(value, wanted.name)
}

function checkStructure(schema: NormalizedSchema, value: unknown): void {
  if (!isRecord(value)) throw notExpected(value, 'a Structure')
  // the codec would copy every undeclared member of an object that has this one
  if ('__type' in value) delete value.__type
  for (const [name, member] of schema.structIterator()) {
    if (Object.hasOwn(value, name)) checkJsonTypes(member, value[name])
  }
}

interface WantedType {
  readonly name: string
  readonly accepts: (value: unknown) => boolean
}

const TEXT: WantedType = { name: 'a String', accepts: (value) => typeof value === 'string' }
const BLOB: WantedType = { name: 'a Blob', accepts: TEXT.accepts }
const BOOLEAN: WantedType = { name: 'a Boolean', accepts: (value) => typeof value === 'boolean' }
const NUMBER: WantedType = {
  name: 'a Number',
  accepts: (value) =>
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value === 'NaN' ||
    value === 'Infinity' ||
    value === '-Infinity',
}
const TIMESTAMP: WantedType = {
  name: 'a Timestamp',
  accepts: (value) => typeof value === 'number' && Number.isFinite(value),
}

function wantedType(schema: NormalizedSchema): WantedType | undefined {
  if (schema.isStringSchema()) return TEXT
  if (schema.isBlobSchema()) return BLOB
  if (schema.isBooleanSchema()) return BOOLEAN
  if (schema.isTimestampSchema()) return TIMESTAMP
  if (schema.isNumericSchema() || schema.isBigIntegerSchema()) return NUMBER
  return undefined
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

export function serializationException(message: string): AwsError {
  return new AwsError('SerializationException', message)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
