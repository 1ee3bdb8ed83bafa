import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { IAM } from '@aws-sdk/client-iam'
import { S3 } from '@aws-sdk/client-s3'
import { SageMaker } from '@aws-sdk/client-sagemaker'
import { STS } from '@aws-sdk/client-sts'
import { createLog } from '../../server/src/base/log.ts'
import { RelayServer } from '../../server/src/gateway/relay/relay-server.ts'
import type { Changes } from '../../server/src/platform/database/changes.ts'
import {
  createFront,
  type FrontOptions,
  type VerifiedRequest,
} from '../../server/src/wire/front.ts'
import type { CredentialSource } from '../../server/src/wire/handler.ts'

type ServiceName = 's3' | 'sagemaker' | 'logs' | 'cloudwatch' | 'sts' | 'iam'

/** For tests of the wire alone: a server with a front, the handlers of the test and clients of all services. */
export interface FrontFixture extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** What the front has logged, line by line. */
  readonly logged: string[]
  readonly changes: TestChanges
  readonly s3: S3
  readonly sagemaker: SageMaker
  readonly logs: CloudWatchLogs
  readonly cloudwatch: CloudWatch
  readonly sts: STS
  readonly iam: IAM
  /** As when every client hangs up at once. */
  closeConnections(): void
  clients(options: object): Pick<FrontFixture, ServiceName>
}

export const TEST_KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
export const TEST_TOKEN = 'a-session-token'
export const TEST_CALLER = {
  account: '123456789012',
  arn: 'arn:aws:sts::123456789012:assumed-role/Tester/test',
  userId: 'AROATEST:test',
  accessKeyId: TEST_KEYS.accessKeyId,
}

/** Knows one key, without a token or with `TEST_TOKEN`. */
export const testCredentials: CredentialSource = {
  find: (accessKeyId, token) => {
    if (accessKeyId !== TEST_KEYS.accessKeyId) return { known: false, because: 'unknown key' }
    if (token === 'an-old-token') return { known: false, because: 'expired token' }
    if (token !== undefined && token !== TEST_TOKEN)
      return { known: false, because: 'invalid token' }
    return { known: true, secretAccessKey: TEST_KEYS.secretAccessKey, caller: TEST_CALLER }
  },
}

export type TestScope = VerifiedRequest

/** Changes without a database: what waits looks again on `tell`. */
export interface TestChanges extends Pick<Changes, 'waitFor' | 'release'> {
  tell(): void
  waiting(): number
}

export function createTestChanges(): TestChanges {
  const looks = new Set<() => void>()
  const released = new AbortController()
  return {
    waitFor: (_topic, look, { signal } = {}) =>
      new Promise((resolve, reject) => {
        const over = AbortSignal.any([released.signal, ...(signal ? [signal] : [])])
        const settle = <T>(finish: (value: T) => void, value: T): void => {
          looks.delete(again)
          finish(value)
        }
        const again = (): void => {
          look().then(
            (found) => found !== undefined && settle(resolve, found),
            (error) => settle(reject, error),
          )
        }
        over.addEventListener('abort', () => settle(resolve, undefined), { once: true })
        looks.add(again)
        again()
      }),
    release: () => released.abort(),
    tell: () => {
      for (const look of looks) look()
    },
    waiting: () => looks.size,
  }
}

export async function startFront(
  options: Partial<FrontOptions<TestScope>> & { continues?: boolean } = {},
): Promise<FrontFixture> {
  const logged: string[] = []
  const changes = createTestChanges()
  const log = createLog({}, { level: 'debug', write: (line) => logged.push(line) })
  const front = createFront<TestScope>({
    operations: {},
    credentials: testCredentials,
    scopeFor: (request) => request,
    authorise: () => undefined,
    changes,
    log,
    ...options,
  })
  const server = new RelayServer({ answer: front, log })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server
  const url = `http://localhost:${port}`
  const clients = (more: object) => {
    const config = {
      endpoint: url,
      region: 'eu-west-1',
      credentials: TEST_KEYS,
      forcePathStyle: true,
      maxAttempts: 1,
      ...more,
    }
    return {
      s3: new S3(config),
      sagemaker: new SageMaker(config),
      logs: new CloudWatchLogs(config),
      cloudwatch: new CloudWatch(config),
      sts: new STS(config),
      iam: new IAM(config),
    }
  }
  return {
    ...clients({}),
    url,
    port,
    logged,
    changes,
    clients,
    closeConnections: () => server.cut(),
    [Symbol.asyncDispose]: async () => {
      changes.release()
      server.drain()
      server.close()
    },
  }
}
