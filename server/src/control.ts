import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from './base/log.ts'
import type { SteerableClock } from './base/steerable-clock.ts'
import { createWorkGauge } from './base/work-gauge.ts'
import { forgetAlarmHistory, superviseAlarms } from './capabilities/alarms/index.ts'
import {
  deleteOldNotifications,
  listNotifications,
  superviseAsyncInference,
} from './capabilities/async-inference/index.ts'
import { superviseCaptures } from './capabilities/capture/index.ts'
import {
  deploymentControls,
  hostingWorkflows,
  readVariantCapacities,
  superviseEndpoints,
  unstartedHosting,
} from './capabilities/hosting/index.ts'
import {
  createCredentialSource,
  openRealms,
  type Realms,
  sweepEndedRealms,
} from './capabilities/identity/index.ts'
import {
  forgetOldRoutes,
  readGateways,
  withdrawRoutesOfRealm,
} from './capabilities/inference/route.store.ts'
import {
  inferenceComponentWorkflows,
  unstartedInferenceComponents,
} from './capabilities/inference-components/index.ts'
import { superviseInferenceExperiments } from './capabilities/inference-experiments/index.ts'
import { sweepExpiredLogs } from './capabilities/logs/index.ts'
import { recordTaskUsage, rollUpMetrics } from './capabilities/metrics/index.ts'
import { reconcileObjects } from './capabilities/objects/index.ts'
import {
  forgetScalingActivities,
  scalingAlarmActions,
  superviseScaling,
} from './capabilities/scaling/index.ts'
import {
  trainingJobFaults,
  trainingWorkflows,
  unstartedTrainingJobs,
} from './capabilities/training/index.ts'
import {
  transformJobFaults,
  transformWorkflows,
  unstartedTransformJobs,
} from './capabilities/transform/index.ts'
import type { Config } from './config.ts'
import { RelayServer } from './gateway/relay/relay-server.ts'
import { keepHouse } from './housekeeping.ts'
import type { Installation } from './installation.ts'
import { internalRequests } from './internal-requests.ts'
import { holds, operations } from './operations.ts'
import { openAdminSocket } from './platform/admin-socket.ts'
import {
  type ClockSteering,
  createSettling,
  openClockSteering,
  type SettlingOptions,
  taskStandings,
} from './platform/clock/index.ts'
import { openChanges } from './platform/database/changes.ts'
import { openDatabase } from './platform/database/database.ts'
import { migrate } from './platform/database/migrate.ts'
import { countedEngine } from './platform/engines/counted-engine.ts'
import { createProcessEngine } from './platform/engines/process/index.ts'
import { createFilesystemObjects } from './platform/objects/filesystem/index.ts'
import { ADMIN_SOCKETS, runDirectory } from './platform/run-directory.ts'
import type { Platform, RequestScope } from './platform/scope.ts'
import { createSecrets } from './platform/secrets.ts'
import { createWorkflowEngine } from './platform/workflow/dbos.ts'
import { testControls } from './test-controls.ts'
import { createFront } from './wire/front.ts'

/** Control: every AWS API but the invoke path, the workflows, the supervision of endpoints. */
export interface Control {
  readonly platform: Platform
  readonly steering: ClockSteering
  /** Answers what is held or in flight and takes nothing new; with `replicas` also ends those. */
  stop(options: { replicas: boolean }): Promise<void>
  /** Lets go of the database, after `stop`. */
  close(): Promise<void>
}

export interface ControlOptions {
  readonly config: Config
  readonly installation: Installation
  /** Is put to the setting that was kept. */
  readonly clock: SteerableClock
  readonly log: Log
}

const CONNECTIONS_MAX = 24
/** How gracefully replicas end when the whole platform does. */
const REPLICA_GRACE_SECONDS = 5

export async function startControl(options: ControlOptions): Promise<Control> {
  const { config, installation, clock, log } = options
  const run = runDirectory(config.dataDir)
  const url = config.databaseUrl
  if (url === undefined) throw new Error('DATABASE_URL is not set: control needs a Postgres')
  const gauge = createWorkGauge()
  const database = openDatabase({ url, connectionsMax: CONNECTIONS_MAX, log, gauge })
  await migrate(database)
  const changes = await openChanges({ database, clock, log })
  const secrets = createSecrets(installation.secret)
  const workflows = createWorkflowEngine({ database, log, gauge })
  const engine = createProcessEngine({ config, log })
  const platform: Platform = {
    clock,
    config,
    database,
    changes,
    secrets,
    workflows,
    log,
    objects: await createFilesystemObjects({ folder: join(config.dataDir, 'objects') }),
    engine: countedEngine(engine, gauge),
  }
  const settlingOptions: SettlingOptions = {
    changes,
    gauge,
    gatewayIds: async () => (await readGateways(database)).map(({ gatewayId }) => gatewayId),
    tasks: () => taskStandings(engine),
    lookAt: (taskId) => changes.hint(`task/${taskId}`),
  }
  const steering = await openClockSteering({ ...settlingOptions, clock, database })
  const realms = await openRealms(platform, {
    ended: [(transaction, { realm }) => withdrawRoutesOfRealm({ transaction, changes }, realm)],
  })
  const watching = platform.engine.watch((taskId) => changes.hint(`task/${taskId}`))
  const objects = await reconcileObjects(platform)
  await workflows.launch({
    definitions: [
      ...trainingWorkflows(platform),
      ...transformWorkflows(platform),
      ...hostingWorkflows(platform),
      ...inferenceComponentWorkflows(platform),
    ],
    unstarted: [
      unstartedTrainingJobs(platform),
      unstartedTransformJobs(platform),
      unstartedHosting(platform),
      unstartedInferenceComponents(platform),
    ],
  })
  const endpoints = superviseEndpoints(platform)
  const alarms = superviseAlarms(platform, { actions: [scalingAlarmActions], gauge })
  const scaling = superviseScaling(platform)
  const queues = superviseAsyncInference(platform)
  const usage = recordTaskUsage(platform)
  const captures = superviseCaptures(platform)
  const experiments = superviseInferenceExperiments(platform)
  const house = keepHouse(platform, [
    { name: 'ended realms', run: () => sweepEndedRealms(platform) },
    { name: 'old routes', run: () => forgetOldRoutes(database) },
    { name: 'old alarm history', run: () => forgetAlarmHistory(platform) },
    { name: 'expired logs', run: () => sweepExpiredLogs(platform) },
    { name: 'aged metrics', run: () => rollUpMetrics(platform) },
    { name: 'old scaling activities', run: () => forgetScalingActivities(platform) },
    { name: 'old notifications', run: () => deleteOldNotifications(platform) },
  ])
  const reset = async (): Promise<void> => {
    await realms.reset(config.account)
    house.soon()
  }

  const front = createFront<RequestScope>({
    operations,
    holds: config.holdWaiters ? holds : {},
    credentials: createCredentialSource({
      secrets,
      account: config.account,
      rootKey: installation.rootKey,
      presentRealm: realms.present,
      clock,
    }),
    platformClock: clock,
    // every verified caller of the account may do everything, until policies are evaluated here
    authorise: () => undefined,
    scopeFor: (request) => scopeFor(platform, realms, request),
    changes,
    log,
  })
  const { account, region } = config
  const presentPlace = () => ({ realm: realms.present(account), account, region })
  const controls = {
    ...testControls({
      steering,
      reset,
      moved: house.soon,
      faults: {
        platform,
        presentRealm: realms.present,
        variantsOf: async (place, name) =>
          (await readVariantCapacities(database, place, name))?.map((one) => one.variantName),
        jobs: [trainingJobFaults(platform), transformJobFaults(platform)],
        gatewaysFollow: () => createSettling(settlingOptions).gatewaysFollow(),
      },
    }),
    ...deploymentControls(platform, presentPlace),
  }
  const internal = internalRequests({ platform, presentRealm: realms.present, controls })
  const server = new RelayServer({
    answer: (request) => {
      if (!internal(request)) front(request)
    },
    log,
  })
  const path = join(run, 'control.sock')
  await rm(path, { force: true })
  await server.listen({ path })
  const notifications = (asked: unknown) =>
    listNotifications(platform, { realm: realms.present(config.account), asked })
  const admin = await openAdminSocket(join(run, ADMIN_SOCKETS.control), {
    'GET /tasks': async () => ({ tasks: await runningTasks(platform) }),
    'POST /notifications': notifications,
    ...controls,
  })

  return {
    platform,
    steering,
    stop: async ({ replicas }) => {
      await endpoints[Symbol.asyncDispose]()
      await alarms[Symbol.asyncDispose]()
      await queues[Symbol.asyncDispose]()
      await scaling[Symbol.asyncDispose]()
      await usage[Symbol.asyncDispose]()
      if (replicas) await stopReplicas(platform)
      changes.release()
      admin?.close()
      server.drain()
    },
    close: async () => {
      watching[Symbol.dispose]()
      await captures[Symbol.asyncDispose]()
      await experiments[Symbol.asyncDispose]()
      await house[Symbol.asyncDispose]()
      await objects[Symbol.asyncDispose]()
      await workflows[Symbol.asyncDispose]()
      await realms[Symbol.asyncDispose]()
      await changes.close()
      await database.close()
      server.close()
    },
  }
}

function scopeFor(
  platform: Platform,
  realms: Realms,
  request: Pick<RequestScope, 'caller' | 'region' | 'requestId' | 'signal'>,
): RequestScope {
  const { account } = request.caller
  return { ...platform, ...request, account, realm: realms.present(account) }
}

async function runningTasks(platform: Platform) {
  const tasks = await platform.engine.list()
  return tasks.filter(({ state }) => state !== 'Ended' && state !== 'Lost')
}

async function stopReplicas(platform: Platform): Promise<void> {
  const replicas = (await runningTasks(platform)).filter(({ kind }) => kind === 'Replica')
  await Promise.all(
    replicas.map(({ taskId }) =>
      platform.engine.stop(taskId, { graceSeconds: REPLICA_GRACE_SECONDS }),
    ),
  )
}
