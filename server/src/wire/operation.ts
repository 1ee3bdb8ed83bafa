import { NormalizedSchema } from '@smithy/core/schema'

type SchemaRef = Parameters<typeof NormalizedSchema.of>[0]

/** An operation as an SDK exports it: `[9, namespace, name, traits, () => input, () => output]`. */
type OperationSchema = readonly [
  kind: 9,
  namespace: string,
  name: string,
  traits: unknown,
  input: () => SchemaRef,
  output: () => SchemaRef,
]

/** An error as an SDK exports it: `[-3, namespace, name, traits, memberNames, …]`. */
type ErrorSchema = readonly [
  kind: -3,
  namespace: string,
  name: string,
  traits: unknown,
  members: readonly string[],
  ...rest: readonly unknown[],
]

export interface Operation {
  readonly name: string
  readonly input: NormalizedSchema
  readonly output: NormalizedSchema
  /** How REST protocols bind it. */
  readonly http: HttpBinding | undefined
  /** Input members without which a request is not this operation. */
  readonly required: readonly string[]
  /** Whether a checksum header speaks of this request's body, and not of an object it refers to. */
  readonly checksummed: boolean
}

export interface HttpBinding {
  readonly method: string
  /** E.g. `/{Key+}?x-id=PutObject`. */
  readonly uri: string
  /** The status of success. */
  readonly status: number
}

/** What an SDK's schemas say about one of a service's own errors. */
export interface ModelledError {
  readonly name: string
  /** What older protocols call it, e.g. `NoSuchEntity` for `NoSuchEntityException`. */
  readonly queryCode: string | undefined
  readonly status: number | undefined
  readonly members: readonly string[]
}

/** A service's operations and errors, read from an SDK module's exported schemas when first asked for. */
export interface ServiceModel {
  operation(name: string): Operation | undefined
  readonly operationNames: readonly string[]
  /** By its name or its query code. */
  error(code: string): ModelledError | undefined
}

export function readModel(sdkModule: object): ServiceModel {
  const schemas = new Map<string, OperationSchema>()
  const errors = new Map<string, ModelledError>()
  for (const exported of Object.values(sdkModule)) {
    if (isOperation(exported)) schemas.set(exported[2], exported)
    else if (isError(exported)) {
      const error = modelledError(exported)
      errors.set(error.name, error)
    }
  }
  // a name goes before an older code that is spelt alike
  for (const error of [...errors.values()]) {
    const { queryCode } = error
    if (queryCode !== undefined && !errors.has(queryCode)) errors.set(queryCode, error)
  }
  const operations = new Map<string, Operation>()
  return {
    operationNames: [...schemas.keys()],
    operation: (name) => {
      const known = operations.get(name)
      if (known) return known
      const schema = schemas.get(name)
      if (!schema) return undefined
      const operation = readOperation(schema)
      operations.set(name, operation)
      return operation
    },
    error: (code) => errors.get(code),
  }
}

function readOperation([, , name, traits, input, output]: OperationSchema): Operation {
  const [method, uri, status] = traitOf(traits, 'http') ?? []
  return {
    name,
    input: NormalizedSchema.of(input()),
    output: NormalizedSchema.of(output()),
    http:
      typeof method === 'string' && typeof uri === 'string' && typeof status === 'number'
        ? { method, uri, status }
        : undefined,
    required: requiredMembers(input()),
    checksummed: isRecord(traits) && 'httpChecksum' in traits,
  }
}

/** A structure's schema lists its required members first and ends with their number. */
function requiredMembers(schema: unknown): readonly string[] {
  if (!Array.isArray(schema) || !Array.isArray(schema[4])) return []
  return schema[4].slice(0, typeof schema[6] === 'number' ? schema[6] : 0)
}

function modelledError([, , name, traits, members]: ErrorSchema): ModelledError {
  const [queryCode, queryStatus] = traitOf(traits, 'awsQueryError') ?? []
  const status: unknown = isRecord(traits) ? traits.httpError : undefined
  const code = typeof queryStatus === 'number' ? queryStatus : status
  return {
    name,
    queryCode: typeof queryCode === 'string' ? queryCode : undefined,
    status: typeof code === 'number' ? code : undefined,
    members,
  }
}

function traitOf(traits: unknown, name: string): readonly unknown[] | undefined {
  const trait = isRecord(traits) ? traits[name] : undefined
  return Array.isArray(trait) ? trait : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isOperation(exported: unknown): exported is OperationSchema {
  return Array.isArray(exported) && exported[0] === 9
}

function isError(exported: unknown): exported is ErrorSchema {
  return Array.isArray(exported) && exported[0] === -3
}
