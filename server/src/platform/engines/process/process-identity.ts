import { readFileSync } from 'node:fs'

/** A process that cannot be mistaken for another one under a reused pid, nor for one before a reboot. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks between boot and the process's start. */
  readonly startTicks: string
  readonly bootId: string
}

/** @returns undefined when there is no such process, or only what a parent has yet to reap of it */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid)
  if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined
  return { pid, startTicks: stat.startTicks, bootId: bootId() }
}

export function isAlive(process: ProcessIdentity): boolean {
  const now = identify(process.pid)
  return now?.startTicks === process.startTicks && now.bootId === process.bootId
}

/** Sends a signal, unless that very process has gone. */
export function signal(process: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(process)) return
  try {
    globalThis.process.kill(process.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The living children of a process, oldest first. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** All living descendants of a process, itself first. */
export function treeOf(pid: number): readonly number[] {
  const tree = [pid]
  for (let index = 0; index < tree.length; index++) {
    const parent = tree[index]
    if (parent !== undefined) tree.push(...childrenOf(parent))
  }
  return tree
}

function readStat(pid: number): { state: string; startTicks: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name, in brackets, may hold blanks and brackets itself.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startTicks: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

let boot: string | undefined

function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return boot
}
