import { capacityOf, managedRange } from './component-host.ts'
import type { Fleet, FleetVariant, WorkloadKey } from './fleet.ts'
import {
  capacityText,
  fits,
  type Instances,
  instanceNumbers,
  type PlacedCopy,
  placeCopy,
} from './placement.states.ts'
import { replicaFailureReason } from './replica-failure.ts'
import {
  byWorth,
  isBlameless,
  isDead,
  isReady,
  type Launch,
  launchAfter,
  type ObservedReplica,
} from './replica-life.states.ts'
import { isCopyOf, type Workload } from './workload.ts'

/** What becomes of the copies on one variant's instances. */
export interface CopiesPlan {
  readonly leaving: readonly ObservedReplica[]
  readonly launches: readonly Launch[]
  readonly failures: readonly CopyFailure[]
  /** Present when the variant is to have another number of instances. */
  readonly instanceCount?: number
}

/** Why a copy does not come up: held against its workload, or against a fleet that is not proven yet. */
export interface CopyFailure {
  readonly generation: number
  readonly variantName: string
  readonly failureReason: string
  readonly workload?: WorkloadKey
}

/** One variant of one fleet, whose instances hold copies. */
export interface CopyHost {
  readonly fleet: Fleet
  readonly variant: FleetVariant
  readonly workloads: readonly Workload[]
  /** All that is on its instances, what leaves included. */
  readonly replicas: readonly ObservedReplica[]
  readonly now: Date
}

/**
 * Keeps every workload's copies, each on an instance that has room for it. A copy on an instance that is given up
 * stays until others have taken its place. Where the number of instances is managed it follows.
 */
export function planCopies(host: CopyHost): CopiesPlan {
  const { fleet, variant, replicas } = host
  const active = replicas.filter(({ retirement }) => !retirement)
  if (fleet.stage === 'Retiring') return { leaving: active, launches: [], failures: [] }
  // a deployment has not asked for instances yet
  if (fleet.stage === 'Launching' && variant.instanceCount === 0) {
    return { leaving: [], launches: [], failures: [] }
  }
  return new CopiesPlanning(host).plan()
}

/** The copies that stay where a variant gives up instances, until others have taken their place. */
export function copiesToMove(
  variant: FleetVariant,
  replicas: readonly ObservedReplica[],
): readonly ObservedReplica[] {
  const copies = replicas.filter((one) => one.copy && !one.retirement && !isDead(one))
  const numbers = instanceNumbers(
    variant.instanceCount,
    copies.flatMap(({ copy }) => copy?.instanceNumber ?? []),
  )
  return copies.filter(({ copy }) => copy && !numbers.includes(copy.instanceNumber))
}

class CopiesPlanning {
  readonly #host: CopyHost
  readonly #numbers: number[]
  readonly #placed: PlacedCopy[]
  /** What will be left of `#placed` once all that leaves has left. */
  readonly #staying: PlacedCopy[] = []
  readonly #leaving: ObservedReplica[] = []
  readonly #launches: Launch[] = []
  readonly #failures: CopyFailure[] = []

  constructor(host: CopyHost) {
    this.#host = host
    const { variant, workloads, replicas } = host
    const alive = replicas.filter((one) => !one.retirement && !isDead(one))
    this.#numbers = [...instanceNumbers(variant.instanceCount, alive.map(numberOf))]
    this.#placed = replicas.flatMap((replica) => {
      const workload = workloads.find((one) => isCopyOf(one)(replica))
      // of a component that is gone nobody knows any more what its copies take: it leaves soon
      return workload && !isGone(replica)
        ? [{ ...workload.placement, instanceNumber: numberOf(replica) }]
        : []
    })
  }

  plan(): CopiesPlan {
    const { workloads, replicas, variant } = this.#host
    const active = replicas.filter(({ retirement }) => !retirement)
    const known = (replica: ObservedReplica) => workloads.some((one) => isCopyOf(one)(replica))
    this.#leaving.push(...active.filter((replica) => !known(replica)))
    const missing = workloads.map((workload) =>
      this.#keep(workload, active.filter(isCopyOf(workload))),
    )
    for (const copies of missing) this.#placeAll(copies)
    const instanceCount = this.#instanceCount()
    return {
      leaving: this.#leaving,
      launches: this.#launches,
      failures: this.#failures,
      ...(instanceCount !== variant.instanceCount && { instanceCount }),
    }
  }

  #keep(workload: Workload, copies: readonly ObservedReplica[]): MissingCopies {
    const { copyCount } = workload
    const dead = copies.filter(isDead)
    this.#leaving.push(...dead)
    const failed = this.#failureOf(workload, dead)
    const alive = copies.filter((copy) => !isDead(copy))
    const rooted = alive
      .filter((copy) => this.#numbers.includes(numberOf(copy)))
      .sort(this.#order(workload))
    const kept = rooted.slice(0, copyCount)
    this.#leaving.push(...rooted.slice(copyCount))
    const uprooted = alive.filter((copy) => !rooted.includes(copy))
    const areReplaced = kept.filter(isReady).length >= copyCount
    if (areReplaced) this.#leaving.push(...uprooted)
    for (const copy of kept)
      this.#staying.push({ ...workload.placement, instanceNumber: numberOf(copy) })
    return { workload, dead, count: failed ? 0 : copyCount - kept.length }
  }

  /** @returns whether the workload is given up */
  #failureOf(workload: Workload, dead: readonly ObservedReplica[]): boolean {
    const { fleet } = this.#host
    const isUntried = !workload.isProven || (fleet.stage === 'Launching' && !fleet.traffic)
    const blamed = dead.find((copy) => !isBlameless(copy))
    if (blamed) {
      this.#fail(workload, replicaFailureReason(workload.variant, blamed.observation?.end))
      return isUntried
    }
    return isUntried && this.#hasFailed(workload)
  }

  #hasFailed({ failure, variantName }: Workload): boolean {
    const { fleet } = this.#host
    if (fleet.stage === 'Launching') return fleet.failures[variantName] !== undefined
    return failure !== undefined
  }

  #fail(workload: Workload, failureReason: string): void {
    if (this.#hasFailed(workload)) return
    const { fleet } = this.#host
    const { variantName, componentId, specification } = workload
    const failure = { generation: fleet.generation, variantName, failureReason }
    const key = { componentId, specification }
    this.#failures.push(fleet.stage === 'Launching' ? failure : { ...failure, workload: key })
  }

  /** Where one copy of a workload has no room, the others have none either. */
  #placeAll({ workload, dead, count }: MissingCopies): void {
    for (let index = 0; index < count; index++) {
      if (!this.#place(workload, dead[index])) return
    }
  }

  /** @returns false when there is no room, nor will be when what leaves has left */
  #place(workload: Workload, dead: ObservedReplica | undefined): boolean {
    const { fleet, now } = this.#host
    const { placement, componentId, specification, variant: copyVariant } = workload
    const instanceNumber =
      placeCopy(placement, this.#instances(this.#placed)) ?? this.#added(workload)
    if (instanceNumber !== undefined) {
      const launch = launchAfter(dead, { fleet, variant: copyVariant, now })
      this.#launches.push({ ...launch, copy: { componentId, specification, instanceNumber } })
      this.#placed.push({ ...placement, instanceNumber })
      this.#staying.push({ ...placement, instanceNumber })
      return true
    }
    // what leaves makes room, and is announced when it has left
    const later = placeCopy(placement, this.#instances(this.#staying))
    if (later !== undefined) {
      this.#staying.push({ ...placement, instanceNumber: later })
      return true
    }
    const { variant } = this.#host
    const { inferenceComponentName } = workload
    const host = {
      variantName: variant.variantName,
      instanceType: variant.production.InstanceType ?? '',
      instances: this.#instances(this.#staying),
    }
    this.#fail(workload, capacityText({ inferenceComponentName, needs: placement }, host))
    return false
  }

  /** One more instance, where there may be one and it would help. */
  #added({ placement }: Workload): number | undefined {
    const { variant } = this.#host
    const most = managedRange(variant)?.most ?? 0
    if (this.#numbers.length >= most || !fits(placement, capacityOf(variant))) return undefined
    if (placeCopy(placement, this.#instances(this.#staying)) !== undefined) return undefined
    let number = 1
    while (this.#numbers.includes(number)) number++
    this.#numbers.push(number)
    return number
  }

  #instances(placed: readonly PlacedCopy[]): Instances {
    return { numbers: this.#numbers, capacity: capacityOf(this.#host.variant), placed }
  }

  /** Instances that hold nothing are given back, but not while a deployment goes by their number. */
  #instanceCount(): number {
    const { fleet, variant, replicas } = this.#host
    const range = managedRange(variant)
    const isBusy = variant.instanceCount !== variant.desiredInstanceCount
    if (!range || fleet.stage !== 'Serving' || fleet.traffic || isBusy) return this.#numbers.length
    const used = new Set([
      ...replicas.filter((one) => !isGone(one)).map(numberOf),
      ...this.#launches.flatMap(({ copy }) => copy?.instanceNumber ?? []),
    ])
    return Math.max(range.least, Math.min(this.#numbers.length, used.size))
  }

  /** Copies that go first are last: they do not answer yet, or are where their strategy wants none. */
  #order({ placement }: Workload): (one: ObservedReplica, other: ObservedReplica) => number {
    const on = (replica: ObservedReplica) =>
      this.#placed.filter(({ instanceNumber }) => instanceNumber === numberOf(replica)).length
    const sign = placement.strategy === 'SPREAD' ? 1 : -1
    return (one, other) =>
      Number(isReady(other)) - Number(isReady(one)) ||
      sign * (on(one) - on(other)) ||
      numberOf(one) - numberOf(other) ||
      byWorth(one, other)
  }
}

/** How many copies a workload lacks; the first of them take the places of dead ones. */
interface MissingCopies {
  readonly workload: Workload
  readonly dead: readonly ObservedReplica[]
  readonly count: number
}

function numberOf({ copy }: ObservedReplica): number {
  return copy?.instanceNumber ?? 0
}

/** Its container has ended, so that it takes nothing of its instance any more. */
function isGone(replica: ObservedReplica): boolean {
  return isDead(replica) && replica.lingers !== true
}
