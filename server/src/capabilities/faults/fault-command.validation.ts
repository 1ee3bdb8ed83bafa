import { parseDurationMs } from '../../base/duration.ts'
import { Refusal } from '../../base/refusal.ts'
import type { EndpointFault, FaultSelector, JobFault } from './fault.ts'

/** What a rehearsal asks for, as JSON says it. */
export type FaultCommand =
  | {
      readonly to: 'endpoint'
      /** A name or an ARN. */
      readonly target: string
      readonly selector: FaultSelector
      readonly fault: Omit<EndpointFault, 'crashed'>
      /** Kills one replica of each variant, once. */
      readonly crash: boolean
    }
  | {
      readonly to: 'job'
      /** A name or an ARN. */
      readonly target: string
      readonly fault: JobFault
      /** Its machine is to be taken back as a spot instance's is. */
      readonly isSpot: boolean
    }
  | { readonly to: 'clear'; readonly target: string | undefined }

/** The members of an injection in JSON, as `cli/commands/inject.ts` and test suites send them. */
export interface FaultDocument {
  readonly endpoint?: string
  readonly variant?: string
  readonly config?: string
  /** A duration, e.g. `200ms`. */
  readonly latency?: string
  readonly errorRate?: number
  readonly status?: number
  readonly crash?: true
  readonly failingPing?: true
  /** A duration, e.g. `60s`. */
  readonly slowStart?: string
  readonly job?: string
  readonly exitCode?: number
  readonly spotInterruption?: true
  readonly loseMachine?: true
  /** A name or an ARN; true: everything. */
  readonly clear?: string | true
}

const STATUS_DEFAULT = 503
const DURATION_MS_MAX = 3_600_000

/** @throws Refusal that says what was wrong and what would be right */
export function readFaultCommand(document: unknown): FaultCommand {
  const given = members(document)
  if ('clear' in given) return readClear(given)
  if ('job' in given) return readJob(given)
  if ('endpoint' in given) return readEndpoint(given)
  throw new Refusal(
    'say what for: {"endpoint": NAME, …}, {"job": NAME, …} or {"clear": NAME or true}',
  )
}

type Members = Readonly<Record<string, unknown>>

function members(document: unknown): Members {
  if (typeof document === 'object' && document !== null) return document as Members
  throw new Refusal('give an object such as {"endpoint": NAME, "latency": "200ms"}')
}

function onlyMembers(given: Members, allowed: readonly string[]): void {
  const strange = Object.keys(given).filter((name) => !allowed.includes(name))
  if (strange.length === 0) return
  throw new Refusal(`${strange.join(', ')} cannot be: give some of ${allowed.join(', ')}`)
}

function readClear(given: Members): FaultCommand {
  onlyMembers(given, ['clear'])
  return { to: 'clear', target: given.clear === true ? undefined : text(given, 'clear') }
}

function readJob(given: Members): FaultCommand {
  onlyMembers(given, ['job', 'exitCode', 'spotInterruption', 'loseMachine'])
  const target = text(given, 'job')
  const isSpot = flag(given, 'spotInterruption')
  const isLost = isSpot || flag(given, 'loseMachine')
  const exitCode = number(given, 'exitCode', { min: 1, max: 255 })
  if (isLost === (exitCode !== undefined)) {
    throw new Refusal('give one of exitCode, spotInterruption and loseMachine')
  }
  if (exitCode === undefined) return { to: 'job', target, fault: { machineLost: true }, isSpot }
  if (!Number.isInteger(exitCode)) throw new Refusal(`exitCode is ${exitCode}: give a whole number`)
  return { to: 'job', target, fault: { exitCode }, isSpot }
}

const ENDPOINT_FAULTS = ['latency', 'errorRate', 'status', 'crash', 'failingPing', 'slowStart']

function readEndpoint(given: Members): FaultCommand {
  onlyMembers(given, ['endpoint', 'variant', 'config', ...ENDPOINT_FAULTS])
  const errorRate = number(given, 'errorRate', { min: 0, max: 1 })
  const status = number(given, 'status', { min: 400, max: 599 })
  if (status !== undefined && errorRate === undefined) {
    throw new Refusal('status is that of injected errors: give errorRate with it')
  }
  const latencyMs = duration(given, 'latency')
  const slowStartMs = duration(given, 'slowStart')
  const fault = {
    ...(latencyMs !== undefined && { latencyMs }),
    ...(errorRate !== undefined && { errorRate, errorStatus: status ?? STATUS_DEFAULT }),
    ...(flag(given, 'failingPing') && { failingPing: true as const }),
    ...(slowStartMs !== undefined && { slowStartMs }),
  }
  const crash = flag(given, 'crash')
  if (!crash && Object.keys(fault).length === 0) {
    throw new Refusal(`give at least one of ${ENDPOINT_FAULTS.join(', ')}`)
  }
  const variantName = given.variant === undefined ? undefined : text(given, 'variant')
  const endpointConfigName = given.config === undefined ? undefined : text(given, 'config')
  const selector = {
    ...(variantName !== undefined && { variantName }),
    ...(endpointConfigName !== undefined && { endpointConfigName }),
  }
  return { to: 'endpoint', target: text(given, 'endpoint'), selector, fault, crash }
}

function text(given: Members, name: string): string {
  const value = given[name]
  if (typeof value === 'string' && value !== '') return value
  throw new Refusal(`${name} is ${JSON.stringify(value)}: give a name`)
}

function flag(given: Members, name: string): boolean {
  const value = given[name]
  if (value === undefined || value === false) return false
  if (value === true) return true
  throw new Refusal(`${name} is ${JSON.stringify(value)}: give true`)
}

function number(
  given: Members,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const value = given[name]
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= min && value <= max) return value
  throw new Refusal(`${name} is ${JSON.stringify(value)}: give a number from ${min} to ${max}`)
}

function duration(given: Members, name: string): number | undefined {
  const value = given[name]
  if (value === undefined) return undefined
  const ms = typeof value === 'string' ? parseDurationMs(value) : undefined
  if (ms !== undefined && ms <= DURATION_MS_MAX) return ms
  throw new Refusal(
    `${name} is ${JSON.stringify(value)}: give a duration such as 200ms or 60s, at most 1h`,
  )
}
