/** How a container is closed in. `bwrap` is preferred; `unshare` is in util-linux and so everywhere. */
export type SandboxMechanism = 'bwrap' | 'unshare'

/** What the container sees, in words both mechanisms understand; mounts are made in order. */
export interface SandboxPlan {
  /** Laid first: whole directories that replace what the machine has there. */
  readonly grounds: readonly Ground[]
  /** Then directories and files of the machine, shown at a place of the container. */
  readonly binds: readonly Bind[]
  readonly hostname: string
  /** `own`: a network with nothing but a loopback device. `joined`: that of the process, and its user namespace. */
  readonly network: 'host' | 'own' | { readonly joined: number }
  readonly limits: ProcessLimits
}

export type Ground =
  | { readonly kind: 'memory'; readonly target: string; readonly sizeBytes: number }
  | { readonly kind: 'directory'; readonly source: string; readonly target: string }

export interface Bind {
  readonly source: string
  readonly target: string
  readonly writable: boolean
  readonly isFile: boolean
}

export interface ProcessLimits {
  readonly fileBytesMax: number
  /** Set only where no control group holds the memory; per process. */
  readonly dataBytesMax?: number
  /** Set only where no control group counts the processes. */
  readonly processesMax?: number
}

/** The size of `/dev/shm` and of what else lives in memory is charged to the container's memory. */
export const SHARED_MEMORY = '/dev/shm'

/** The tools' directories, also where a user's PATH lacks the administrator's ones. */
export const LAUNCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Wraps a word for `/bin/sh`. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** What root may write to with no capability at all, e.g. the program that handles core dumps outside. */
export const KERNEL_SETTINGS = ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus']

/** Docker's default set without those that matter outside: raw sockets, device nodes, audit, chroot. */
export const ROOT_CAPABILITIES = [
  'chown',
  'dac_override',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'net_bind_service',
] as const

/** What stands before the tool that makes the sandbox: it replaces itself, so that the tree stays as it is. */
export function networkPrefix(
  network: SandboxPlan['network'],
  options: { readonly isRoot: boolean },
): string[] {
  if (typeof network === 'string') return []
  const spaces = options.isRoot ? [] : ['--user', '--preserve-credentials']
  return ['nsenter', '--target', String(network.joined), ...spaces, '--net']
}

/** Runs first inside the sandbox: limits, a session of its own, then the script on standard input. */
export function innerCommand(limits: ProcessLimits): string[] {
  const flags = ['--core=0', `--fsize=${limits.fileBytesMax}`]
  if (limits.dataBytesMax !== undefined) flags.push(`--data=${limits.dataBytesMax}`)
  if (limits.processesMax !== undefined) flags.push(`--nproc=${limits.processesMax}`)
  return ['setsid', 'prlimit', ...flags, 'sh']
}
