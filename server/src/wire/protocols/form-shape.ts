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
  const value = schema.isUnitSchema() ? undefined : readStructure(schema, placeOf(form))
  return value ?? {}
}

/** What stands below a part of the forms' keys; each key is looked at once, however long the lists are. */
interface Place {
  /** The whole key up to here, for messages. */
  readonly key: string
  text: string | undefined
  readonly below: Map<string, Place>
}

function placeOf(form: Query): Place {
  const root: Place = { key: '', text: undefined, below: new Map() }
  for (const [key, [text]] of form) {
    let place = root
    for (const part of key.split('.')) {
      let next = place.below.get(part)
      if (!next) {
        const own = place.key === '' ? part : `${place.key}.${part}`
        next = { key: own, text: undefined, below: new Map() }
        place.below.set(part, next)
      }
      place = next
    }
    place.text ??= text
  }
  return root
}

function readStructure(schema: NormalizedSchema, place: Place): Shape | undefined {
  let shape: Shape | undefined
  for (const [name, member] of schema.structIterator()) {
    const own = place.below.get(member.getMergedTraits().xmlName ?? name)
    const value = own && readValue(member, own)
    if (value === undefined) continue
    shape ??= {}
    shape[name] = value
  }
  return shape
}

function readValue(schema: NormalizedSchema, place: Place): unknown {
  if (schema.isStructSchema()) return readStructure(schema, place)
  if (schema.isListSchema()) return readList(schema, place)
  if (schema.isMapSchema()) return readMap(schema, place)
  const { text, key } = place
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

function readList(schema: NormalizedSchema, place: Place): unknown {
  const element = schema.getValueSchema()
  const isFlat = schema.getMergedTraits().xmlFlattened !== undefined
  const items = itemsOf(
    isFlat ? place : place.below.get(element.getMergedTraits().xmlName ?? 'member'),
  )
  if (items.length === 0) return place.text === undefined ? undefined : []
  return items.map((item) => readValue(element, item)).filter((value) => value !== undefined)
}

function readMap(schema: NormalizedSchema, place: Place): unknown {
  const [keySchema, valueSchema] = [schema.getKeySchema(), schema.getValueSchema()]
  const isFlat = schema.getMergedTraits().xmlFlattened !== undefined
  const items = itemsOf(isFlat ? place : place.below.get('entry'))
  if (items.length === 0) return place.text === undefined ? undefined : {}
  return Object.fromEntries(
    items.map(({ below }) => {
      const name = below.get(keySchema.getMergedTraits().xmlName ?? 'key')?.text ?? ''
      const value = below.get(valueSchema.getMergedTraits().xmlName ?? 'value')
      return [name, value && readValue(valueSchema, value)]
    }),
  )
}

/** What is numbered below a place, in the order of the numbers. */
function itemsOf(place: Place | undefined): readonly Place[] {
  return [...(place?.below ?? [])]
    .filter(([index]) => /^\d+$/.test(index))
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, item]) => item)
}
