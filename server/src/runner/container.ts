import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ownUser } from '../platform/engines/process/own-user.ts'
import {
  childrenOf,
  identify,
  isAlive,
  type ProcessIdentity,
  signal,
} from '../platform/engines/process/process-identity.ts'
import { bwrapCommand } from '../platform/engines/process/sandbox/bwrap.ts'
import type { ControlGroup } from '../platform/engines/process/sandbox/control-group.ts'
import { joinFiles } from '../platform/engines/process/sandbox/control-group.ts'
import {
  LAUNCH_PATH,
  type SandboxMechanism,
  type SandboxPlan,
  shellQuote,
} from '../platform/engines/process/sandbox/plan.ts'
import { unshareCommand, unshareFiles } from '../platform/engines/process/sandbox/unshare.ts'
import type { TaskDirectory } from '../platform/engines/process/task-directory.ts'
import type { OutputPipe } from './output-pipe.ts'
import { TaskFailure } from './task-failure.ts'

/** What to run, in which sandbox. */
export interface Launch {
  readonly plan: SandboxPlan
  readonly mechanism: SandboxMechanism
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly controlGroup: ControlGroup | undefined
}

/** A container that runs, or has run. */
export interface Container {
  /** The sandbox's first process, with whose death all others die; known soon after the launch. */
  readonly sandbox: Promise<ProcessIdentity | undefined>
  /** The main process, once the sandbox stands. */
  readonly main: Promise<ProcessIdentity | undefined>
  /** Lets the container begin, where the launch was told to hold. */
  release(): void
  /** Asks the main process to end. */
  terminate(): Promise<void>
  /** Ends every process at once. */
  kill(): void
  /** Resolves when no process is left. `started` is false when the sandbox could not be made. */
  readonly exit: Promise<{ readonly exitCode: number; readonly started: boolean }>
  /** What the sandbox's tools said while it was made. */
  setupMessage(): string
}

/** @throws TaskFailure when the tools that make the sandbox are not there */
export async function launchContainer(
  launch: Launch,
  options: { directory: TaskDirectory; output: OutputPipe; isHeld: boolean },
): Promise<Container> {
  const { directory, output, isHeld } = options
  writeFileSync(directory.launchScript, launchScript(launch, directory), { mode: 0o600 })
  writeFileSync(directory.programScript, programScript(launch, isHeld), { mode: 0o600 })
  const program = openSync(directory.programScript, 'r')
  const setup = openSync(directory.setupLog, 'w', 0o600)
  const writer = await output.openWriter()
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '/bin/sh', directory.launchScript, String(process.pid)],
    {
      cwd: '/',
      // Not the task's variables: an LD_PRELOAD among them would act outside the sandbox.
      env: { PATH: LAUNCH_PATH },
      stdio: [program, setup, setup, writer.fd, isHeld ? 'pipe' : 'ignore'],
      // A session of its own, or `kill 0` inside would reach us.
      detached: true,
    },
  )
  // Listened for before anything is waited for: a short program on a busy machine is over by then.
  const exited = new Promise<Exited>((resolve) => {
    child.once('exit', (code, name) => resolve({ code, name }))
  })
  try {
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve).once('error', reject)
    })
  } catch (error) {
    throw new TaskFailure('StartFailed', `Cannot start the container: setpriv: ${String(error)}`)
  } finally {
    closeSync(program)
    closeSync(setup)
    await writer.close()
  }
  return watchContainer(child, { directory, exited })
}

/** How the outer process ended, as Node says it. */
interface Exited {
  readonly code: number | null
  readonly name: NodeJS.Signals | null
}

function watchContainer(
  child: ChildProcess,
  { directory, exited }: { directory: TaskDirectory; exited: Promise<Exited> },
): Container {
  // True from the moment the outer process is reaped, after which its pid may be another's.
  const hasExited = () => child.exitCode !== null || child.signalCode !== null
  let isKilled = false
  const ended = exited.then(({ code, name }) =>
    // Which code stands for it is another in each of the tools outside.
    isKilled ? 128 + signalNumber('SIGKILL') : (code ?? 128 + signalNumber(name)),
  )
  const setupMessage = () => readFileSync(directory.setupLog, 'utf8').trim()
  // A shell may add a line of its own when a signal ends the program.
  const hasStarted = () => setupMessage().split('\n').includes(STARTED)
  const find = async (pidOf: () => number | undefined): Promise<ProcessIdentity | undefined> => {
    for (let waitMs = 2; !hasExited(); waitMs = Math.min(waitMs * 1.5, 50)) {
      const pid = pidOf()
      const found = pid === undefined ? undefined : identify(pid)
      if (found) return found
      await delay(waitMs)
    }
    return undefined
  }
  let first: ProcessIdentity | undefined
  const sandbox = find(() => childrenOf(child.pid ?? 0)[0]).then((found) => {
    first = found
    return found
  })
  const main = sandbox.then(
    (found) =>
      // Before the start the first child is one of the tools that make the sandbox.
      found && find(() => (hasStarted() ? childrenOf(found.pid)[0] : undefined)),
  )
  const exit = ended.then(async (exitCode) => {
    await sandbox
    // The outer process may go before the namespace is empty.
    while (first && isAlive(first)) {
      signal(first, 'SIGKILL')
      await delay(2)
    }
    return { exitCode, started: hasStarted() }
  })
  return {
    sandbox,
    main,
    setupMessage,
    exit,
    release: () => {
      const gate = child.stdio[4]
      if (gate && 'write' in gate) {
        gate.on('error', () => undefined)
        gate.end('go\n')
      }
    },
    terminate: async () => {
      const process = await main
      if (process) signal(process, 'SIGTERM')
    },
    kill: () => {
      if (hasExited()) return
      isKilled = true
      // The process outside then reaps it and ends; killed itself it would leave a zombie to whoever is init.
      if (first && isAlive(first)) signal(first, 'SIGKILL')
      else child.kill('SIGKILL')
    },
  }
}

const STARTED = 'sandbox stands'

/** Runs outside: joins the control groups, then becomes the tool that makes the sandbox. */
function launchScript(launch: Launch, directory: TaskDirectory): string {
  const { uid, gid } = ownUser()
  const { plan, controlGroup } = launch
  const unshare = {
    uid,
    gid,
    mountPoint: directory.mountPoint,
    scriptPath: `${directory.launchScript}.setup`,
  }
  if (launch.mechanism === 'unshare') {
    for (const [path, content] of Object.entries(unshareFiles(plan, unshare))) {
      writeFileSync(path, content, { mode: 0o600 })
    }
  }
  const command =
    launch.mechanism === 'bwrap'
      ? bwrapCommand(plan, { isRoot: uid === 0 })
      : unshareCommand(plan, unshare)
  return [
    // Our death kills from here on; had it come before that was set up, the parent is another by now.
    '[ "$PPID" = "$1" ] || exit 125',
    ...(controlGroup ? joinFiles(controlGroup) : []).map((path) => `echo 0 > ${shellQuote(path)}`),
    `exec ${command.map(shellQuote).join(' ')}`,
    '',
  ].join('\n')
}

/** Runs inside, on standard input: nothing of the task has run before it, nothing of ours does after. */
function programScript(launch: Launch, isHeld: boolean): string {
  const variables = Object.entries(launch.environment)
  const isPlain = ([name]: [string, string]) => /^[A-Za-z_]\w*$/.test(name)
  const exports = variables
    .filter(isPlain)
    .map(([name, value]) => `export ${name}=${shellQuote(value)}`)
  const others = variables
    .filter((variable) => !isPlain(variable))
    .map(([name, value]) => shellQuote(`${name}=${value}`))
  const command = launch.command.map(shellQuote)
  const words = others.length === 0 ? command : ['env', ...others, ...command]
  const [program = ''] = launch.command
  const missing = `echo ${shellQuote(`There is no program ${program} in the image`)}; exit 127`
  return [
    ...(isHeld ? ['read -r go <&4'] : []),
    `cd ${shellQuote(launch.workingDirectory)}`,
    'unset OLDPWD',
    ...exports,
    // Found out before the start: a program that ends with 127 by itself is the program's own affair.
    `command -v ${shellQuote(program)} > /dev/null || { ${missing}; }`,
    `echo ${STARTED}`,
    'exec >&3 2>&3 3>&- 4>&-',
    `exec ${words.join(' ')} < /dev/null`,
    '',
  ].join('\n')
}

function signalNumber(name: NodeJS.Signals | null): number {
  return name === 'SIGTERM' ? 15 : name === 'SIGINT' ? 2 : 9
}
