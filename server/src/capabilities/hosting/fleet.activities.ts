import { systemClock } from '../../base/clock.ts'
import { newHexId } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { readBusyReplicas } from '../async-inference/index.ts'
import { issueTaskToken } from '../identity/index.ts'
import {
  type GatewayProgress,
  publishRoute,
  readGateways,
  readRoute,
  withdrawRoute,
} from '../inference/route.store.ts'
import { type Endpoint, lockEndpoint } from './endpoint.store.ts'
import { adaptEnvironments } from './environments.activities.ts'
import { decideFleet, type FleetCommand, type ObservedReplica } from './fleet.states.ts'
import {
  deleteRetiredFleets,
  noteFailure,
  readFleets,
  setFleetPublished,
  setInstanceCount,
} from './fleet.store.ts'
import { everyVariant, type Fleet } from './fleet.ts'
import { REPLICA_GRACE_SECONDS, REPLICA_KIND } from './replica.container.ts'
import {
  deleteReplica,
  findReplicaIds,
  insertReplica,
  noteReplica,
  readReplicas,
  retireReplicas,
} from './replica.store.ts'
import {
  containerTaskIds,
  replicaOfTask,
  type SeenContainers,
  seenTogether,
} from './replica-containers.states.ts'
import { replicaTasks } from './replica-tasks.container.ts'
import { seeReplicas } from './seen-replicas.ts'
import { noteWorkloadFailure, readHostedWorkloads } from './workload.store.ts'
import { isCopyOf, type Workload } from './workload.ts'

/** Longer than the longest answer that a container may take, which is 60 seconds of the wall's clock. */
const DRAIN_MS_MAX = 65_000
/** The same for a queued request: InvocationTimeoutSeconds may be an hour. */
const QUEUED_DRAIN_MS_MAX = 3_665_000
const REPLICA_ID_HEX = 16

/** When to look at an endpoint again though nothing is announced, by which clock. */
export interface NextLook {
  readonly platform?: Date
  readonly wall?: Date
}

/**
 * Looks at an endpoint's replicas, decides and acts, once. Rows change in one transaction, before any task
 * does, so that a crash at any point leaves a state from which the next look goes on; every act on a task
 * is idempotent. Of one endpoint only one such pass may be under way in a process.
 */
export async function reconcileFleet(platform: Platform, endpointId: string): Promise<NextLook> {
  const seen = await observeReplicas(platform, endpointId)
  const gateways = await readGateways(platform.database)
  const decision = await platform.database.transaction(async (transaction) => {
    const endpoint = await lockEndpoint(transaction, endpointId)
    if (!endpoint) return undefined
    const fleets = await readFleets(transaction, endpointId)
    const replicas = await readReplicas(transaction, endpointId)
    const workloads = await readHostedWorkloads(transaction, endpointId, fleets)
    const observations = new Map([...seen].map(([id, { observation }]) => [id, observation]))
    const { observed: disturbed, lookAgain } = await seeReplicas(
      { queryable: transaction, clock: platform.clock },
      { endpoint, fleets, replicas, workloads, observations },
    )
    const observed = disturbed.map((replica) => withContainers(replica, seen))
    const route = await readRoute(transaction, { ...endpoint.place, ...endpoint })
    const now = platform.clock.now()
    const wall = systemClock.now()
    const idleMs = platform.config.serverlessIdleSeconds * 1_000
    const adapted = await adaptEnvironments(fleets, {
      ...{ transaction, endpoint, replicas: observed, now, idleMs },
    })
    // what an endpoint that is deleted still works on is not waited for: its queue ends with it
    const isQueued =
      endpoint.status !== 'Deleting' && fleets.some(({ settings }) => settings.AsyncInferenceConfig)
    const senders = [...gateways, ...(isQueued ? [await queueProgress(transaction, endpoint)] : [])]
    const seenAll = { replicas: observed, workloads, gateways: senders, route, wall }
    const decided = decideFleet(seenAll, adapted.fleets, now)
    const commands = [...decided, ...lookAgain, ...adapted.lookAgain]
    await changeRows({ platform, transaction, endpoint, isQueued, now, wall }, commands)
    return { endpoint, fleets, workloads, replicas: observed, commands }
  })
  if (!decision) return {}
  for (const command of decision.commands) await actOnTask(platform, command, decision)
  const { commands } = decision
  return { ...earliest(commands, 'platform'), ...earliest(commands, 'wall') }
}

/** Ends tasks of replicas that have no row: what a lost database or an ended life left behind. */
export async function removeOrphans({ database, engine, log }: Platform): Promise<void> {
  const tasks = (await engine.list()).filter(({ kind }) => kind === REPLICA_KIND)
  const known = await findReplicaIds(
    database,
    tasks.map(({ taskId }) => replicaOfTask(taskId)),
  )
  for (const { taskId, name } of tasks) {
    if (known.has(replicaOfTask(taskId))) continue
    log.warn('a replica that no endpoint knows of is removed', { replicaId: taskId, name })
    await engine.remove(taskId)
  }
}

async function observeReplicas(
  { database, engine }: Platform,
  endpointId: string,
): Promise<ReadonlyMap<string, SeenContainers>> {
  const replicas = await readReplicas(database, endpointId)
  const seen = await Promise.all(
    replicas.map(async (replica) => {
      const tasks = containerTaskIds(replica).map((taskId) => engine.observe(taskId))
      return [replica.replicaId, seenTogether(await Promise.all(tasks))] as const
    }),
  )
  return new Map(seen)
}

function withContainers(
  replica: ObservedReplica,
  seen: ReadonlyMap<string, SeenContainers>,
): ObservedReplica {
  const { observation: _, ...containers } = seen.get(replica.replicaId) ?? {}
  return { ...replica, ...containers }
}

/** Those who work off a queue send requests as gateways do, and always by the newest route. */
async function queueProgress(
  transaction: Queryable,
  { place, endpointArn }: Endpoint,
): Promise<GatewayProgress> {
  const busyReplicaIds = await readBusyReplicas(transaction, { ...place, endpointArn })
  return { gatewayId: 'queue', version: Number.MAX_SAFE_INTEGER, busyReplicaIds }
}

interface RowChange {
  readonly platform: Platform
  readonly transaction: Queryable
  readonly endpoint: Endpoint
  /** Requests come by a queue and may take long. */
  readonly isQueued: boolean
  readonly now: Date
  readonly wall: Date
}

async function changeRows(change: RowChange, commands: readonly FleetCommand[]): Promise<void> {
  const { platform, transaction, endpoint } = change
  for (const command of commands) await changeRow(change, command)
  const retired = commands.flatMap((one) => (one.command === 'retire' ? [one.replicaId] : []))
  const changesRoute = commands.some(
    ({ command }) => command === 'publish' || command === 'withdraw',
  )
  const version = changesRoute || retired.length > 0 ? await publishCommands(change, commands) : 0
  const drainMs = change.isQueued ? QUEUED_DRAIN_MS_MAX : DRAIN_MS_MAX
  const drainUntil = new Date(change.wall.getTime() + drainMs)
  await retireReplicas(transaction, retired, { version, drainUntil })
  if (commands.some(isRowChange)) {
    await platform.changes.announce(transaction, endpoint.endpointArn)
  }
}

async function changeRow(
  { transaction, endpoint, now }: RowChange,
  command: FleetCommand,
): Promise<void> {
  const { endpointId } = endpoint
  switch (command.command) {
    case 'note': {
      const { replicaId, observation, furtherAddresses } = command.replica
      const { ready = false, address } = observation ?? {}
      return noteReplica(transaction, replicaId, { ready, address, furtherAddresses, at: now })
    }
    case 'fail':
      return command.workload
        ? noteWorkloadFailure(transaction, command.workload, command.failureReason)
        : noteFailure(transaction, endpointId, command)
    case 'resize':
      return setInstanceCount(transaction, endpointId, command)
    case 'launch': {
      const replicaId = `i-0${newHexId(REPLICA_ID_HEX)}`
      const replica = { ...command, replicaId, ready: false, createdAt: now }
      return insertReplica(transaction, endpointId, replica)
    }
    default:
      return
  }
}

/** Last in its transaction, since publications wait for each other. @returns the table's version then */
async function publishCommands(
  { platform, transaction, endpoint }: RowChange,
  commands: readonly FleetCommand[],
): Promise<number> {
  const { place, endpointName, endpointArn, endpointId } = endpoint
  const change = { transaction, changes: platform.changes, place }
  for (const one of commands) {
    if (one.command === 'withdraw') return (await withdrawRoute(change, endpointName)) ?? 0
    if (one.command !== 'publish') continue
    const { account, region } = place
    const identity = { account, region, realm: place.realm, endpointName, endpointArn }
    const version = await publishRoute(change, { ...identity, fleets: one.fleets })
    for (const { generation } of one.fleets) {
      await setFleetPublished(transaction, endpointId, { generation, version })
    }
    return version
  }
  // what leaves was in no route any more: the version that took it out is among those published so far
  const route = await readRoute(transaction, { ...place, endpointName })
  return route?.version ?? 0
}

async function actOnTask(
  platform: Platform,
  command: FleetCommand,
  decision: {
    readonly endpoint: Endpoint
    readonly fleets: readonly Fleet[]
    readonly workloads: readonly Workload[]
    readonly replicas: readonly ObservedReplica[]
  },
): Promise<void> {
  const { engine, database, changes } = platform
  const { endpoint } = decision
  switch (command.command) {
    case 'start':
      return startReplica(platform, command.replicaId, decision)
    case 'stop':
      for (const taskId of tasksOf(command.replicaId, decision.replicas)) {
        await engine.stop(taskId, { graceSeconds: REPLICA_GRACE_SECONDS })
      }
      return
    case 'remove':
      for (const taskId of tasksOf(command.replicaId, decision.replicas)) {
        await engine.remove(taskId)
      }
      return database.transaction(async (transaction) => {
        await deleteReplica(transaction, command.replicaId)
        await deleteRetiredFleets(transaction, endpoint.endpointId)
        await changes.announce(transaction, endpoint.endpointArn)
      })
    default:
      return
  }
}

async function startReplica(
  { engine, secrets }: Platform,
  replicaId: string,
  decision: {
    readonly endpoint: Endpoint
    readonly fleets: readonly Fleet[]
    readonly workloads: readonly Workload[]
    readonly replicas: readonly ObservedReplica[]
  },
): Promise<void> {
  const { endpoint, fleets, workloads, replicas } = decision
  const replica = replicas.find((one) => one.replicaId === replicaId)
  const fleet = fleets.find(({ generation }) => generation === replica?.generation)
  const variants = fleet ? everyVariant(fleet) : []
  const variant = replica?.copy
    ? workloads.find((one) => isCopyOf(one)(replica))?.variant
    : variants.find((one) => one.variantName === replica?.variantName)
  if (!variant) return
  const { place, endpointName } = endpoint
  const { realm, account, region } = place
  const identity = { roleArn: variant.executionRoleArn, realm, account, region }
  const tokenFor = (taskId: string) => issueTaskToken(secrets, { ...identity, taskId })
  for (const task of replicaTasks({ place, endpointName, replicaId, variant, tokenFor })) {
    await engine.start(task)
  }
}

function tasksOf(replicaId: string, replicas: readonly ObservedReplica[]): readonly string[] {
  return containerTaskIds(replicas.find((one) => one.replicaId === replicaId) ?? { replicaId })
}

function isRowChange({ command }: FleetCommand): boolean {
  return ['note', 'fail', 'resize', 'publish', 'withdraw', 'retire', 'launch'].includes(command)
}

function earliest(
  commands: readonly FleetCommand[],
  clock: 'platform' | 'wall',
): { readonly [C in typeof clock]?: Date } {
  const instants = commands.flatMap((one) =>
    one.command === 'look again' && one.clock === clock ? [one.at.getTime()] : [],
  )
  return instants.length === 0 ? {} : { [clock]: new Date(Math.min(...instants)) }
}
