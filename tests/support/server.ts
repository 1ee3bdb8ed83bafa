import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { IAM } from '@aws-sdk/client-iam'
import { S3 } from '@aws-sdk/client-s3'
import { SageMaker } from '@aws-sdk/client-sagemaker'
import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime'
import { STS } from '@aws-sdk/client-sts'
import { createLog } from '../../server/src/base/log.ts'
import { createSteerableClock, type SteerableClock } from '../../server/src/base/steerable-clock.ts'
import { type Config, readConfig } from '../../server/src/config.ts'
import { startControl } from '../../server/src/control.ts'
import { ensureCertificateAuthority, startGateway } from '../../server/src/gateway/index.ts'
import { openInstallation } from '../../server/src/installation.ts'
import type { ClockSteering } from '../../server/src/platform/clock/index.ts'
import type { Platform } from '../../server/src/platform/scope.ts'
import { freePort } from './platform.ts'
import { testPostgres } from './postgres.ts'

/** The whole platform in this process, on a database and a data directory of its own. */
export interface TestServer extends AsyncDisposable, TestClients {
  readonly url: string
  readonly config: Config
  readonly platform: Platform
  /** Control's; move it by `steering` and `advance`, so that the gateway follows. */
  readonly clock: SteerableClock
  /** Freezes the clock, speeds it up, resumes it. */
  readonly steering: ClockSteering
  /** Moves the clock ahead, from one instant that something waits for to the next. */
  advance(ms: number): Promise<void>
  /** The ready execution role. */
  readonly roleArn: string
  /** Another gateway of the same installation, on a port of its own, until the server is closed. */
  anotherGateway(options?: object): Promise<TestClients>
  /** Clients with other settings: a region, keys, a user agent. */
  clients(options: object): TestClients
  close(): Promise<void>
}

export interface TestClients {
  readonly sagemaker: SageMaker
  readonly s3: S3
  readonly cloudwatch: CloudWatch
  readonly logs: CloudWatchLogs
  readonly iam: IAM
  readonly sts: STS
  readonly runtime: SageMakerRuntime
  readonly autoScaling: ApplicationAutoScaling
}

export interface TestServerOptions {
  readonly clock?: SteerableClock
  readonly config?: Partial<Config>
}

export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const postgres = await testPostgres()
  const dataDir = await mkdtemp(join(tmpdir(), 'sgb-'))
  const clock = options.clock ?? createSteerableClock()
  const log = createLog({}, { level: process.env.SAGEBRUSH_TEST_LOG ? 'debug' : 'error' })
  const config: Config = {
    ...readConfig({ HOME: process.env.HOME }),
    dataDir,
    port: await freePort(),
    databaseUrl: await postgres.freshDatabase(),
    gateways: 1,
    ...options.config,
  }
  const installation = await openInstallation(dataDir, {})
  // made once for all servers: that takes longer than most of a server's start
  const { caPath } = await ensureCertificateAuthority(join(config.cacheDir, 'test-authority'))
  await cp(dirname(caPath), join(dataDir, 'ca'), { recursive: true })
  const control = await startControl({ config, installation, clock, log })
  const startOneGateway = (port: number) =>
    startGateway({
      config: { ...config, port },
      installation,
      clock: createSteerableClock(),
      log,
    })
  const gateways = [await startOneGateway(config.port)]
  const url = `http://127.0.0.1:${config.port}`
  const clients = (more: object): TestClients => testClients(url, { config, installation, more })
  const close = async (): Promise<void> => {
    for (const gateway of gateways) await gateway.stop()
    await control.stop({ replicas: true })
    for (const task of await control.platform.engine.list()) {
      await control.platform.engine.remove(task.taskId)
    }
    await control.close()
    await postgres[Symbol.asyncDispose]()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
  }
  return {
    url,
    config,
    platform: control.platform,
    clock,
    steering: control.steering,
    advance: async (ms) => {
      await control.steering.advance(ms)
    },
    roleArn: `arn:aws:iam::${config.account}:role/service-role/AmazonSageMaker-ExecutionRole-Sagebrush`,
    anotherGateway: async (more = {}) => {
      const port = await freePort()
      gateways.push(await startOneGateway(port))
      return testClients(`http://127.0.0.1:${port}`, { config, installation, more })
    },
    clients,
    ...clients({}),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function testClients(
  endpoint: string,
  options: {
    config: Config
    installation: Awaited<ReturnType<typeof openInstallation>>
    more: object
  },
): TestClients {
  const settings = {
    endpoint,
    region: options.config.region,
    credentials: options.installation.rootKey,
    ...options.more,
  }
  return {
    sagemaker: new SageMaker(settings),
    s3: new S3({ forcePathStyle: true, ...settings }),
    cloudwatch: new CloudWatch(settings),
    logs: new CloudWatchLogs(settings),
    iam: new IAM(settings),
    sts: new STS(settings),
    runtime: new SageMakerRuntime(settings),
    autoScaling: new ApplicationAutoScaling(settings),
  }
}
