import { type EndpointFault, faultOf, type InjectedFault } from './fault.ts'

/** Whose requests: of one variant of one endpoint configuration. */
export interface FaultedVariant {
  readonly realm: number
  readonly endpointArn: string
  readonly endpointConfigName: string
  readonly variantName: string
}

/** What befalls one request. */
export interface RequestFault {
  readonly latencyMs: number
  /** Present: the container's answer in place of its own. */
  readonly errorStatus?: number
}

/** The injected faults of requests, in a gateway's memory. */
export class FaultTable {
  private faults: ReadonlyMap<string, readonly InjectedFault<EndpointFault>[]> = new Map()
  /** By variant, how much of the next error is due: errors come evenly, and exactly as often as was asked. */
  private readonly due = new Map<string, number>()

  /** True: no request need be looked at. */
  get isEmpty(): boolean {
    return this.faults.size === 0
  }

  replace(faults: readonly InjectedFault[]): void {
    const ofEndpoints = faults.filter(isOfRequests)
    this.faults = Map.groupBy(ofEndpoints, ({ realm, targetArn }) => `${realm} ${targetArn}`)
    if (this.isEmpty) this.due.clear()
  }

  /** Takes the next request's fault; undefined when it goes well. */
  next(variant: FaultedVariant): RequestFault | undefined {
    const { realm, endpointArn, endpointConfigName, variantName } = variant
    const faults = this.faults.get(`${realm} ${endpointArn}`)
    const found = faults && faultOf(faults, variant)
    if (!found) return undefined
    const { latencyMs = 0, errorRate = 0, errorStatus } = found.fault
    const key = `${realm} ${endpointArn} ${endpointConfigName} ${variantName}`
    const due = (this.due.get(key) ?? 0) + errorRate
    const isError = due >= 1 - ROUNDING
    this.due.set(key, isError ? due - 1 : due)
    if (isError && errorStatus !== undefined) return { latencyMs, errorStatus }
    return latencyMs > 0 ? { latencyMs } : undefined
  }
}

/** Ten tenths are one. */
const ROUNDING = 1e-9

function isOfRequests(one: InjectedFault): one is InjectedFault<EndpointFault> {
  return 'latencyMs' in one.fault || 'errorRate' in one.fault
}
