/** What goes wrong with the replicas of an endpoint while it is injected. */
export interface EndpointFault {
  /** Each invocation takes this much longer, as if the container did. */
  readonly latencyMs?: number
  /** This share of invocations is answered with `errorStatus`, as if by the container: more than 0, at most 1. */
  readonly errorRate?: number
  /** 400 to 599. */
  readonly errorStatus?: number
  /** `/ping` is not answered with 200. */
  readonly failingPing?: true
  /** Replicas that start from now on do not answer `/ping` with 200 for this long. */
  readonly slowStartMs?: number
  /** The replicas that were killed, and when: a record, since it is done once. */
  readonly crashed?: { readonly replicaIds: readonly string[]; readonly at: string }
}

/** What was done to a job, once. */
export interface JobFault {
  readonly exitCode?: number
  readonly machineLost?: true
}

/** Which replicas of an endpoint a fault is for; absent: all. */
export interface FaultSelector {
  readonly variantName?: string
  readonly endpointConfigName?: string
}

/** A fault as it is kept. */
export interface InjectedFault<Fault = EndpointFault | JobFault> extends FaultSelector {
  readonly realm: number
  /** The endpoint's, or the job's. */
  readonly targetArn: string
  readonly fault: Fault
  readonly injectedAt: Date
}

/** The change topic under which gateways hear of faults. */
export const FAULT_TOPIC = 'injected-fault'

/**
 * All that befalls the replicas of one variant: of several faults that are for them, what a more particular
 * one says holds.
 */
export function faultOf(
  faults: readonly InjectedFault<EndpointFault>[],
  replicas: Required<FaultSelector>,
): InjectedFault<EndpointFault> | undefined {
  const found = faults
    .filter(
      ({ variantName, endpointConfigName }) =>
        (variantName ?? replicas.variantName) === replicas.variantName &&
        (endpointConfigName ?? replicas.endpointConfigName) === replicas.endpointConfigName,
    )
    .sort((one, other) => particularity(one) - particularity(other))
  const last = found.at(-1)
  return last && { ...last, fault: Object.assign({}, ...found.map(({ fault }) => fault)) }
}

function particularity({ variantName, endpointConfigName }: FaultSelector): number {
  return Number(variantName !== undefined) + Number(endpointConfigName !== undefined)
}
