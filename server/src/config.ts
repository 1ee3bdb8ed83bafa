import { homedir } from 'node:os'
import { join } from 'node:path'

/** Every setting once. Units stand in the names; the environment variable in brackets overrides. */
export interface Config {
  /** Address the port is opened on. Loopback by default: opening it to a network is a decision. [SAGEBRUSH_HOST] */
  readonly host: string
  /** The one port for everything. [SAGEBRUSH_PORT] */
  readonly port: number
  /** All state of this installation. [SAGEBRUSH_DATA_DIR] */
  readonly dataDir: string
  /** What is costly to make and safe to lose: runtimes' environments. [SAGEBRUSH_CACHE_DIR] */
  readonly cacheDir: string
  /** The account whose resources these are: twelve digits. [SAGEBRUSH_ACCOUNT] */
  readonly account: string
  /** Where `sagebrush env` points clients. Every region name is accepted in requests. [AWS_REGION] */
  readonly region: string
  /** Somebody else's Postgres in place of the embedded one. [DATABASE_URL] */
  readonly databaseUrl: string | undefined
  /** Processes that share the port; one per core by default. [SAGEBRUSH_GATEWAYS] */
  readonly gateways: number
  /**
   * Lets any program that reaches the port wipe the account, move the clock and inject faults over HTTP; for
   * test suites. [SAGEBRUSH_TEST_CONTROLS, or as it was first called SAGEBRUSH_ALLOW_RESET]
   */
  readonly testControls: boolean
  /** Passes CONNECT to hosts other than AWS's on, in place of refusing. [SAGEBRUSH_PROXY_PASS_THROUGH] */
  readonly proxyPassThrough: boolean
  /** Holds a waiter's Describe until the state changes; false answers at once. [SAGEBRUSH_HOLD_WAITERS] */
  readonly holdWaiters: boolean
  /**
   * For how long by the platform's clock an environment of a serverless endpoint is kept that nobody needs.
   * [SAGEBRUSH_SERVERLESS_IDLE_SECONDS]
   */
  readonly serverlessIdleSeconds: number
  /** Least level that is logged. [SAGEBRUSH_LOG_LEVEL] */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads the settings. @throws Error that names the setting, its value and what would be right */
export function readConfig(env: Environment): Config {
  return {
    host: env.SAGEBRUSH_HOST ?? '127.0.0.1',
    port: integer(env, 'SAGEBRUSH_PORT', { fallback: 8420, min: 0, max: 65535 }),
    dataDir: env.SAGEBRUSH_DATA_DIR ?? join(homedir(), '.sagebrush'),
    cacheDir: env.SAGEBRUSH_CACHE_DIR ?? join(homedir(), '.cache', 'sagebrush'),
    account: matching(env, 'SAGEBRUSH_ACCOUNT', { fallback: '123456789012', form: /^\d{12}$/ }),
    region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    databaseUrl: env.DATABASE_URL,
    gateways: integer(env, 'SAGEBRUSH_GATEWAYS', { fallback: 0, min: 0, max: 256 }),
    testControls: flag(env, 'SAGEBRUSH_TEST_CONTROLS', flag(env, 'SAGEBRUSH_ALLOW_RESET', false)),
    proxyPassThrough: flag(env, 'SAGEBRUSH_PROXY_PASS_THROUGH', false),
    holdWaiters: flag(env, 'SAGEBRUSH_HOLD_WAITERS', true),
    serverlessIdleSeconds: integer(env, 'SAGEBRUSH_SERVERLESS_IDLE_SECONDS', {
      fallback: 900,
      min: 1,
      max: 86_400,
    }),
    logLevel: matching(env, 'SAGEBRUSH_LOG_LEVEL', {
      fallback: 'info',
      form: /^(debug|info|warn|error)$/,
    }) as Config['logLevel'],
  }
}

/** The environment that makes a child process read the same settings. */
export function configEnvironment(config: Config): Record<string, string> {
  return {
    SAGEBRUSH_HOST: config.host,
    SAGEBRUSH_PORT: String(config.port),
    SAGEBRUSH_DATA_DIR: config.dataDir,
    SAGEBRUSH_CACHE_DIR: config.cacheDir,
    SAGEBRUSH_ACCOUNT: config.account,
    SAGEBRUSH_GATEWAYS: String(config.gateways),
    SAGEBRUSH_TEST_CONTROLS: String(config.testControls),
    SAGEBRUSH_PROXY_PASS_THROUGH: String(config.proxyPassThrough),
    SAGEBRUSH_HOLD_WAITERS: String(config.holdWaiters),
    SAGEBRUSH_SERVERLESS_IDLE_SECONDS: String(config.serverlessIdleSeconds),
    SAGEBRUSH_LOG_LEVEL: config.logLevel,
    AWS_REGION: config.region,
    ...(config.databaseUrl === undefined ? {} : { DATABASE_URL: config.databaseUrl }),
  }
}

function integer(
  env: Environment,
  name: string,
  range: { fallback: number; min: number; max: number },
): number {
  const text = env[name]
  if (text === undefined || text === '') return range.fallback
  const value = Number(text)
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return value
  throw new Error(`${name} is '${text}': give a whole number from ${range.min} to ${range.max}`)
}

function flag(env: Environment, name: string, fallback: boolean): boolean {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  throw new Error(`${name} is '${text}': give true or false`)
}

function matching(
  env: Environment,
  name: string,
  rule: { fallback: string; form: RegExp },
): string {
  const text = env[name]
  if (text === undefined || text === '') return rule.fallback
  if (rule.form.test(text)) return text
  throw new Error(`${name} is '${text}': it must match ${rule.form.source}`)
}
