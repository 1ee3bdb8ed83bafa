import type { NormalizedSchema } from '@smithy/core/schema'
import { AwsError } from '../../aws/errors.ts'
import type { Query } from '../request.ts'
import { bindingReader } from './codec-context.ts'
import type { Shape } from './protocol.ts'

/**
 * Reads a Query request's form into a shape: `Tags.member.1.Key=a` is `{ Tags: [{ Key: 'a' }] }`.
 *
 * @source https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function readFormShape(schema: NormalizedSchema, form: Query): Shape {
  const value = schema.isUnitSchema() ? undefined : readStructure(schema, { form, prefix: '' })
  return value ?? {}
}

interface Place {
  readonly form: Query
  /** Ends with a dot, or is empty. */
  readonly prefix: string
}

function readStructure(schema: NormalizedSchema, place: Place): Shape | undefined {
  let shape: Shape | undefined
  for (const [name, member] of schema.structIterator()) {
    const key = `${place.prefix}${member.getMergedTraits().xmlName ?? name}`
    const value = readValue(member, { form: place.form, key })
    if (value === undefined) continue
    shape ??= {}
    shape[name] = value
  }
  return shape
}

function readValue(schema: NormalizedSchema, { form, key }: { form: Query; key: string }): unknown {
  if (schema.isStructSchema()) return readStructure(schema, { form, prefix: `${key}.` })
  if (schema.isListSchema()) return readList(schema, { form, key })
  if (schema.isMapSchema()) return readMap(schema, { form, key })
  const text = form.get(key)?.[0]
  return text === undefined ? undefined : readText(schema, { key, text })
}

function readText(schema: NormalizedSchema, { key, text }: { key: string; text: string }): unknown {
  const value = attempt(() => bindingReader.read(schema, text))
  const malformed =
    value === undefined || (schema.isNumericSchema() && (text === '' || Number.isNaN(value)))
  if (malformed) throw new AwsError('MalformedInput', `Value '${text}' at '${key}' cannot be read`)
  return value
}

function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return undefined
  }
}

function readList(schema: NormalizedSchema, { form, key }: { form: Query; key: string }): unknown {
  const element = schema.getValueSchema()
  const flat = schema.getMergedTraits().xmlFlattened !== undefined
  const prefix = flat ? `${key}.` : `${key}.${element.getMergedTraits().xmlName ?? 'member'}.`
  const indexes = indexesUnder(form, prefix)
  if (indexes.length === 0) return form.has(key) ? [] : undefined
  return indexes
    .map((index) => readValue(element, { form, key: `${prefix}${index}` }))
    .filter((value) => value !== undefined)
}

function readMap(schema: NormalizedSchema, { form, key }: { form: Query; key: string }): unknown {
  const [keySchema, valueSchema] = [schema.getKeySchema(), schema.getValueSchema()]
  const flat = schema.getMergedTraits().xmlFlattened !== undefined
  const prefix = flat ? `${key}.` : `${key}.entry.`
  const indexes = indexesUnder(form, prefix)
  if (indexes.length === 0) return form.has(key) ? {} : undefined
  return Object.fromEntries(
    indexes.map((index) => {
      const keyName = keySchema.getMergedTraits().xmlName ?? 'key'
      const valueName = valueSchema.getMergedTraits().xmlName ?? 'value'
      const name = form.get(`${prefix}${index}.${keyName}`)?.[0] ?? ''
      return [name, readValue(valueSchema, { form, key: `${prefix}${index}.${valueName}` })]
    }),
  )
}

/** The numbers that follow `prefix` in the form's keys, ascending. */
function indexesUnder(form: Query, prefix: string): number[] {
  const indexes = new Set<number>()
  for (const key of form.keys()) {
    if (!key.startsWith(prefix)) continue
    const index = /^\d+/.exec(key.slice(prefix.length))?.[0]
    if (index !== undefined) indexes.add(Number(index))
  }
  return [...indexes].sort((one, other) => one - other)
}
