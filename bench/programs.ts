import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { availableParallelism } from 'node:os'
import { monotonicMs } from '../server/src/base/clock.ts'

/** The row cannot run here; the message says what to do. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
}

/** Debian's package for each program that a row may need. */
const PACKAGES: Readonly<Record<string, string>> = {
  nginx: 'nginx',
  wrk: 'wrk',
  taskset: 'util-linux',
}

/** @throws CannotRun that says what to install */
export function requirePrograms(names: readonly string[]): void {
  const missing = names.filter((name) => !isOnPath(name))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((name) => PACKAGES[name] ?? name))]
  throw new CannotRun(`needs ${missing.join(', ')}: apt-get install ${packages.join(' ')}`)
}

/** Whether a program of that name can be run. */
export function isOnPath(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Where a pinned comparison puts the server that it measures, and everything else. */
export const SERVER_CORE = 1
export const LOAD_CORE = 0

/** @throws CannotRun on a machine that has no core to spare for the load */
export function requireTwoCores(): void {
  if (availableParallelism() < 2) throw new CannotRun('needs two cores: one for the load alone')
}

export interface ProgramOptions {
  readonly environment?: NodeJS.ProcessEnv
  /** Keeps the process and its children on this core. */
  readonly core?: number
  readonly cwd?: string
}

/** A server that a row started; ended with the row, with all of its processes. */
export interface Program extends AsyncDisposable {
  /** Milliseconds of processor time that it and its children have used, in steps of ten. */
  cpuMs(): number
}

/**
 * Starts a program in a process group of its own and waits until `isReady`.
 *
 * @throws Error with what it wrote when it ends before that
 */
export async function startProgram(
  command: readonly string[],
  options: ProgramOptions & { isReady: () => Promise<boolean> },
): Promise<Program> {
  const child = spawnOn(command, options)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-4_000)
    })
  }
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const exited = once(child, 'exit')
    process.kill(-child.pid, 'SIGTERM')
    const overdue = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 10_000)
    await exited
    clearTimeout(overdue)
  }
  const startMs = monotonicMs()
  while (!(await options.isReady())) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null
    if (hasEnded || monotonicMs() - startMs > 60_000) {
      await end()
      throw new Error(`${command.join(' ')} did not start:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { cpuMs: () => cpuMsOfGroup(child.pid ?? 0), [Symbol.asyncDispose]: end }
}

function spawnOn(command: readonly string[], options: ProgramOptions): ChildProcess {
  const pinned =
    options.core === undefined ? command : ['taskset', '-c', String(options.core), ...command]
  const [program = '', ...args] = pinned
  return spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  }).on('error', () => undefined)
}

/** Linux counts in hundredths of a second, whatever the kernel's own clock. Source: proc_pid_stat(5) */
const TICK_MS = 10

function cpuMsOfGroup(group: number): number {
  const stats = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? statOf(name) : []))
  return stats
    .filter((fields) => Number(fields[2]) === group)
    .reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) * TICK_MS, 0)
}

/** The fields after the program's name, which may hold anything. None when the process has ended. */
function statOf(pid: string): string[][] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return [text.slice(text.lastIndexOf(')') + 2).split(' ')]
  } catch {
    return []
  }
}

/** Whether somebody accepts connections there: a port of this machine, or a unix socket. */
export function accepts(address: number | string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket =
      typeof address === 'number' ? connect(address, '127.0.0.1') : connect({ path: address })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
