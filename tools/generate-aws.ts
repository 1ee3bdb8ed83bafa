/**
 * Makes `server/src/aws/generated/<service>.constraints.json`: what AWS's published service models say of
 * inputs and the SDK's schemas do not (required, length, range, pattern, enum).
 *
 *   node tools/generate-aws.ts            with the version below, from the Python package index
 *   node tools/generate-aws.ts --check    fails when what is committed is not what this makes
 *
 * Needs `python3` with pip: botocore's wheel carries the models as `data/<service>/<version>/service-2.json.gz`.
 * Only shapes that an input reaches and that constrain something are kept; no text is.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const BOTOCORE_VERSION = '1.44.5'
/** S3 is not among them: it does not answer in this way. */
const SERVICES = [
  'sagemaker',
  'sagemaker-runtime',
  'sts',
  'iam',
  'logs',
  'application-autoscaling',
  'cloudwatch',
]
const GENERATED = join(import.meta.dirname, '../server/src/aws/generated')

interface ModelShape {
  readonly type: string
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, { readonly shape: string }>>
  readonly member?: { readonly shape: string }
  readonly key?: { readonly shape: string }
  readonly value?: { readonly shape: string }
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: boolean
}

interface Model {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>
  readonly shapes: Readonly<Record<string, ModelShape>>
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'botocore-'))
  try {
    fetchModels(folder)
    for (const service of SERVICES) {
      const text = constraintsOf(service, readModel(folder, service))
      const path = join(GENERATED, `${service}.constraints.json`)
      if (!process.argv.includes('--check')) writeFileSync(path, text)
      else if (readFileSync(path, 'utf8') !== text) {
        throw new Error(`${path} is not what this makes: run node tools/generate-aws.ts`)
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function fetchModels(folder: string): void {
  const wheel = ['download', `botocore==${BOTOCORE_VERSION}`, '--no-deps', '--quiet', '-d', folder]
  execFileSync('python3', ['-m', 'pip', ...wheel], { stdio: 'inherit' })
  const [name] = readdirSync(folder)
  execFileSync('python3', ['-m', 'zipfile', '-e', join(folder, name ?? ''), folder])
}

function readModel(folder: string, service: string): { model: Model; version: string } {
  const versions = join(folder, 'botocore/data', service)
  const version = readdirSync(versions).sort().at(-1) ?? ''
  const zipped = readFileSync(join(versions, version, 'service-2.json.gz'))
  return { model: JSON.parse(gunzipSync(zipped).toString()) as Model, version }
}

function constraintsOf(service: string, { model, version }: { model: Model; version: string }) {
  const inputs = Object.entries(model.operations).flatMap(([name, { input }]) =>
    input ? [[name, input.shape] as const] : [],
  )
  const reached = reachedFrom(
    inputs.map(([, shape]) => shape),
    model,
  )
  const kept = constraining(reached, model)
  const line = (name: string, value: unknown) =>
    `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`
  const operations = inputs
    .filter(([, shape]) => kept.has(shape))
    .map(([name, shape]) => line(name, shape))
  const shapes = [...kept].sort().map((name) => line(name, constraintOf(name, { model, kept })))
  return `{
  "source": "botocore ${BOTOCORE_VERSION}, data/${service}/${version}/service-2.json; made by tools/generate-aws.ts",
  "operations": {\n${operations.join(',\n')}\n  },
  "shapes": {\n${shapes.join(',\n')}\n  }\n}\n`
}

function childrenOf({ members, member, key, value }: ModelShape): string[] {
  const children = [...Object.values(members ?? {}), member, key, value]
  return children.flatMap((child) => (child ? [child.shape] : []))
}

function shapeOf(model: Model, name: string): ModelShape {
  const shape = model.shapes[name]
  if (!shape) throw new Error(`the model has no shape ${name}`)
  return shape
}

function reachedFrom(roots: readonly string[], model: Model): Set<string> {
  const reached = new Set<string>()
  const waiting = [...roots]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue
    reached.add(name)
    waiting.push(...childrenOf(shapeOf(model, name)))
  }
  return reached
}

/** Shapes that constrain something themselves or lead to one that does. */
function constraining(reached: ReadonlySet<string>, model: Model): Set<string> {
  const kept = new Set([...reached].filter((name) => constrains(shapeOf(model, name))))
  for (let size = -1; size !== kept.size; ) {
    size = kept.size
    for (const name of reached) {
      if (childrenOf(shapeOf(model, name)).some((child) => kept.has(child))) kept.add(name)
    }
  }
  return kept
}

function constrains({ type, required, min, max, pattern, enum: values }: ModelShape): boolean {
  return (
    // the SDK's schemas know numbers, not which of them are whole
    type === 'integer' ||
    type === 'long' ||
    (required?.length ?? 0) > 0 ||
    (min ?? 0) !== 0 ||
    max !== undefined ||
    pattern !== undefined ||
    values !== undefined
  )
}

function constraintOf(
  name: string,
  { model, kept }: { model: Model; kept: ReadonlySet<string> },
): object {
  const shape = shapeOf(model, name)
  const { type, required, min, max, pattern, enum: values, sensitive, member, key, value } = shape
  const reference = (child: { shape: string } | undefined) =>
    child && kept.has(child.shape) ? child.shape : undefined
  const members = Object.entries(shape.members ?? {}).filter(([, child]) => kept.has(child.shape))
  // JSON leaves out what is undefined
  return {
    type,
    required: required?.length ? required : undefined,
    members: members.length
      ? Object.fromEntries(members.map(([own, child]) => [own, child.shape]))
      : undefined,
    member: reference(member),
    key: reference(key),
    value: reference(value),
    min: min === 0 && !/integer|long|float|double/.test(type) ? undefined : min,
    max,
    pattern,
    enum: values,
    sensitive,
  }
}

main()
