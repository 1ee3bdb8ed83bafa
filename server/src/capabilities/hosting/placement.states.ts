import type { Placement } from './workload.ts'

/** What one instance has for copies. */
export interface InstanceCapacity {
  readonly cpuCores: number
  readonly accelerators: number
  readonly memoryMb: number
}

/** What a copy takes, and of which instance. */
export interface PlacedCopy extends Omit<Placement, 'strategy'> {
  readonly instanceNumber: number
}

/** A variant's instances, by number, with what is on them. */
export interface Instances {
  readonly numbers: readonly number[]
  readonly capacity: InstanceCapacity
  readonly placed: readonly PlacedCopy[]
}

/** Cores are asked for in quarters. */
const ROUNDING = 1e-6
const RESOURCES = ['cpuCores', 'accelerators', 'memoryMb'] as const

/**
 * The numbers of a variant's instances: those that have copies, the fullest first where there are more of them
 * than instances, then the lowest that are free.
 */
export function instanceNumbers(count: number, occupied: readonly number[]): readonly number[] {
  const copies = new Map<number, number>()
  for (const number of occupied) copies.set(number, (copies.get(number) ?? 0) + 1)
  const kept = [...copies]
    .sort(([one, some], [other, more]) => more - some || one - other)
    .slice(0, count)
    .map(([number]) => number)
  for (let number = 1; kept.length < count; number++) {
    if (!kept.includes(number)) kept.push(number)
  }
  return kept.sort((one, other) => one - other)
}

/**
 * The instance for one more copy: with SPREAD the one that has the fewest, with BINPACK the first that has room.
 *
 * @returns undefined when none has room
 */
export function placeCopy(
  needs: Placement,
  { numbers, capacity, placed }: Instances,
): number | undefined {
  const roomy = numbers.filter((number) => fits(needs, freeOn(number, { capacity, placed })))
  if (needs.strategy === 'BINPACK') return roomy[0]
  const copiesOn = (number: number) =>
    placed.filter(({ instanceNumber }) => instanceNumber === number).length
  return roomy.toSorted((one, other) => copiesOn(one) - copiesOn(other) || one - other)[0]
}

export function fits(needs: Omit<Placement, 'strategy'>, free: InstanceCapacity): boolean {
  return RESOURCES.every((resource) => needs[resource] <= free[resource] + ROUNDING)
}

/** Whether so many instances, empty, can hold all copies: the greediest are placed first. */
export function canHold(
  copies: readonly Placement[],
  instances: { readonly count: number; readonly capacity: InstanceCapacity },
): boolean {
  const { count, capacity } = instances
  const numbers = instanceNumbers(count, [])
  const placed: PlacedCopy[] = []
  const greed = (one: Placement) => Math.max(...RESOURCES.map((name) => part(one, capacity, name)))
  for (const copy of copies.toSorted((one, other) => greed(other) - greed(one))) {
    const instanceNumber = placeCopy(
      { ...copy, strategy: 'BINPACK' },
      { numbers, capacity, placed },
    )
    if (instanceNumber === undefined) return false
    placed.push({ ...copy, instanceNumber })
  }
  return true
}

/**
 * What `copyCount` copies take of so many instances, for `canHold`; of more than can be on them only as many as
 * show that.
 */
export function placementsOf(
  { placement, copyCount }: { readonly placement: Placement; readonly copyCount: number },
  { count, capacity }: { readonly count: number; readonly capacity: InstanceCapacity },
): readonly Placement[] {
  const onOne = Math.min(
    ...RESOURCES.map((name) =>
      placement[name] === 0 ? copyCount : Math.floor(capacity[name] / placement[name] + ROUNDING),
    ),
  )
  return Array.from({ length: Math.min(copyCount, onOne * count + 1) }, () => placement)
}

/** What a copy needs and what there is, for a person; `CapacityError` is what the SageMaker Python SDK looks for. */
export function capacityText(
  copy: { readonly inferenceComponentName: string; readonly needs: Placement },
  host: {
    readonly variantName: string
    readonly instanceType: string
    readonly instances: Instances
  },
): string {
  const { numbers, capacity, placed } = host.instances
  const free = numbers.map((number) => freeOn(number, { capacity, placed }))
  const most = (resource: (typeof RESOURCES)[number]) =>
    Math.max(0, ...free.map((one) => one[resource]))
  const left =
    numbers.length === 0
      ? 'there is none'
      : `the most that is free on one is ${resourcesText({
          cpuCores: most('cpuCores'),
          accelerators: most('accelerators'),
          memoryMb: most('memoryMb'),
        })}`
  return (
    'CapacityError: There is not enough room on the instances of production variant ' +
    `${host.variantName} for a copy of inference component ${copy.inferenceComponentName}: it needs ` +
    `${resourcesText(copy.needs)}. Of ${numbers.length} ${host.instanceType} instance(s) with ` +
    `${resourcesText(capacity)} each, ${left}.`
  )
}

function resourcesText({ cpuCores, accelerators, memoryMb }: InstanceCapacity): string {
  return `${rounded(cpuCores)} CPU core(s), ${rounded(accelerators)} accelerator(s) and ${memoryMb} MB of memory`
}

function freeOn(
  number: number,
  { capacity, placed }: Pick<Instances, 'capacity' | 'placed'>,
): InstanceCapacity {
  const there = placed.filter(({ instanceNumber }) => instanceNumber === number)
  const left = (resource: (typeof RESOURCES)[number]) =>
    there.reduce((free, copy) => free - copy[resource], capacity[resource])
  return {
    cpuCores: left('cpuCores'),
    accelerators: left('accelerators'),
    memoryMb: left('memoryMb'),
  }
}

function part(
  needs: Placement,
  capacity: InstanceCapacity,
  resource: (typeof RESOURCES)[number],
): number {
  return capacity[resource] === 0 ? 0 : needs[resource] / capacity[resource]
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
