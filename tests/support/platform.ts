import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { S3 } from '@aws-sdk/client-s3'
import { SageMaker } from '@aws-sdk/client-sagemaker'
import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime'
import { readConfig } from '../../server/src/config.ts'
import { ensureEnvironments } from '../../tools/setup/environments.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const CLI = join(ROOT, 'cli', 'main.ts')

/** One process of the platform, as `status --json` lists it. */
export interface RunningProcess {
  readonly role: string
  readonly pid: number
}

export interface RunningTask {
  readonly taskId: string
  readonly kind: string
  readonly name: string
  readonly runnerPid?: number
  readonly pid?: number
}

/** A platform that was started with `./sagebrush up`, on a data directory and a port of its own. */
export interface StartedPlatform extends AsyncDisposable {
  readonly url: string
  readonly dataDir: string
  readonly sagemaker: SageMaker
  readonly runtime: SageMakerRuntime
  readonly s3: S3
  readonly logs: CloudWatchLogs
  readonly roleArn: string
  /** Runs a command of the command-line program and answers its standard output. */
  cli(...args: readonly string[]): Promise<string>
  status(): Promise<{ processes: RunningProcess[]; tasks: RunningTask[] }>
  /** The variables that `env` prints, over this process's own. */
  environment(options?: { proxy?: boolean }): Promise<NodeJS.ProcessEnv>
  /** Starts it again after `down` or a crash. */
  up(): Promise<void>
  /** SIGKILL for every process of a role. */
  kill(role: string): Promise<void>
  /** SIGKILL for everything at once: supervisor, postgres, control, gateways, runners, containers. */
  killAll(): Promise<void>
}

export async function startPlatform(...flags: readonly string[]): Promise<StartedPlatform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sgb-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const installation = ['--data-dir', dataDir]
  const cli = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args, ...installation])
    return stdout
  }
  const up = async (): Promise<void> => {
    await cli('up', '--detach', '--port', String(port), ...flags)
  }
  await up()
  const attach = JSON.parse(await cli('env', '--json')) as Record<string, string>
  const settings = {
    endpoint: url,
    region: attach.AWS_REGION ?? '',
    credentials: {
      accessKeyId: attach.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: attach.AWS_SECRET_ACCESS_KEY ?? '',
    },
    // a control that is being started again is worth waiting for
    maxAttempts: 8,
  }
  const status: StartedPlatform['status'] = async () => JSON.parse(await cli('status', '--json'))
  const end = async (): Promise<void> => {
    const { tasks } = await status().catch(() => ({ tasks: [] as RunningTask[] }))
    await cli('down').catch(() => '')
    for (const { runnerPid } of tasks) killQuietly(runnerPid)
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
  }
  return {
    url,
    dataDir,
    sagemaker: new SageMaker(settings),
    runtime: new SageMakerRuntime(settings),
    s3: new S3({ ...settings, forcePathStyle: true }),
    logs: new CloudWatchLogs(settings),
    roleArn: 'arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-Sagebrush',
    cli,
    status,
    environment: async (options) => {
      const flag = options?.proxy ? ['--proxy'] : []
      const variables = JSON.parse(await cli('env', '--json', ...flag))
      const { AWS_ENDPOINT_URL, HTTPS_PROXY, AWS_CA_BUNDLE, ...inherited } = process.env
      const { clientsBin } = await ensureEnvironments(readConfig(process.env), console.log)
      return { ...inherited, PATH: `${clientsBin}:${process.env.PATH}`, ...variables }
    },
    up,
    kill: async (role) => {
      const { processes } = await status()
      for (const one of processes) if (one.role === role) killQuietly(one.pid)
    },
    killAll: async () => {
      const { processes, tasks } = await status()
      const supervisor = processes.find(({ role }) => role === 'supervisor')
      killQuietly(supervisor?.pid)
      for (const { pid } of processes) killQuietly(pid)
      for (const task of tasks) {
        killQuietly(task.runnerPid)
        killQuietly(task.pid)
      }
    },
    [Symbol.asyncDispose]: end,
  }
}

/** Runs a Python program of the clients' environment to its end. @throws with its output when it fails */
export async function runPython(
  platform: StartedPlatform,
  args: readonly string[],
  options: { proxy?: boolean } = {},
): Promise<string> {
  const environment = await platform.environment(options)
  const child = spawn('python', args, {
    cwd: ROOT,
    env: { ...environment, PYTHONUNBUFFERED: '1', PYTHONWARNINGS: 'ignore' },
  })
  return outputOf(child)
}

export async function outputOf(child: ChildProcess): Promise<string> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => {
      output += chunk
    })
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  if (code !== 0) throw new Error(`the program ended with ${code}:\n${output}`)
  return output
}

function killQuietly(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const PORT_MIN = 10_000
/** Where Linux begins to take ports for outgoing connections, any of which could take one that was probed. */
const PORT_MAX = 32_767
const PORTS_PER_PROCESS = 16
let portsTried = 0

/** A port that nobody listens at, and that no other test process looks at at the same time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const nth = process.pid * PORTS_PER_PROCESS + portsTried++
    const port = PORT_MIN + (nth % (PORT_MAX - PORT_MIN + 1))
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host: '127.0.0.1', port }, () => probe.close(() => resolve(true)))
  })
}
