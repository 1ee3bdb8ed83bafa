import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The kernel's bound on a task's memory and processes, as a whole. */
export interface ControlGroup {
  /** The group's directories; one with version 2, one per controller with version 1. */
  readonly paths: readonly string[]
  /** How many processes the kernel has killed for want of memory. */
  oomKills(): number
  /** What the group takes of its memory now, without what the kernel keeps of files and could give up. */
  memoryBytes(): number
}

export interface ControlGroupLimits {
  readonly memoryBytes: number
  readonly pidsMax: number
}

const MOUNT = '/sys/fs/cgroup'
const PARENT = 'sagebrush'

/** @returns undefined where this user may not make groups: then limits are per process only */
export function createControlGroup(
  name: string,
  limits: ControlGroupLimits,
): ControlGroup | undefined {
  return versionTwo(name, limits) ?? versionOne(name, limits)
}

/** Whether tasks get control groups on this machine. */
export function hasControlGroups(): boolean {
  const probe = `probe-${process.pid}`
  const group = createControlGroup(probe, { memoryBytes: 2 ** 30, pidsMax: 64 })
  if (!group) return false
  removeControlGroup(group.paths)
  return true
}

/** Removes what is empty; a group in which something still dies stays until the next attempt. */
export function removeControlGroup(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      rmdirSync(path)
    } catch {
      // Busy for as long as its last process is being reaped; `remove` tries again.
    }
  }
}

/** The processes of a group, for the sweep after a runner that died. */
export function membersOf(paths: readonly string[]): number[] {
  const members = new Set<number>()
  for (const path of paths) {
    try {
      for (const line of readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n')) {
        if (line !== '') members.add(Number(line))
      }
    } catch {
      // The group has gone and all its processes with it.
    }
  }
  return [...members]
}

/** The file into which a process writes 0 to join. */
export function joinFiles(group: ControlGroup): string[] {
  return group.paths.map((path) => join(path, 'cgroup.procs'))
}

function versionTwo(name: string, limits: ControlGroupLimits): ControlGroup | undefined {
  if (!existsSync(join(MOUNT, 'cgroup.controllers'))) return undefined
  const own = ownGroup('')
  // A group that holds processes cannot hand controllers down, so a delegated parent is tried too.
  for (const base of new Set([join(MOUNT, own, '..'), join(MOUNT, own), MOUNT])) {
    if (!base.startsWith(MOUNT)) continue
    const parent = join(base, PARENT)
    const path = join(parent, name)
    try {
      write(join(base, 'cgroup.subtree_control'), '+memory +pids')
      mkdirSync(path, { recursive: true })
      write(join(parent, 'cgroup.subtree_control'), '+memory +pids')
      write(join(path, 'memory.max'), String(limits.memoryBytes))
      write(join(path, 'pids.max'), String(limits.pidsMax))
      if (existsSync(join(path, 'memory.swap.max'))) write(join(path, 'memory.swap.max'), '0')
      return {
        paths: [path],
        oomKills: () => counter(join(path, 'memory.events'), 'oom_kill'),
        memoryBytes: () =>
          total(join(path, 'memory.current')) - counter(join(path, 'memory.stat'), 'inactive_file'),
      }
    } catch {
      removeControlGroup([path])
    }
  }
  return undefined
}

function versionOne(name: string, limits: ControlGroupLimits): ControlGroup | undefined {
  const memory = join(MOUNT, 'memory', ownGroup('memory'), PARENT, name)
  const pids = join(MOUNT, 'pids', ownGroup('pids'), PARENT, name)
  try {
    mkdirSync(memory, { recursive: true })
    write(join(memory, 'memory.limit_in_bytes'), String(limits.memoryBytes))
    const swap = join(memory, 'memory.memsw.limit_in_bytes')
    if (existsSync(swap)) write(swap, String(limits.memoryBytes))
    mkdirSync(pids, { recursive: true })
    write(join(pids, 'pids.max'), String(limits.pidsMax))
    return {
      paths: [memory, pids],
      oomKills: () => counter(join(memory, 'memory.oom_control'), 'oom_kill'),
      memoryBytes: () =>
        total(join(memory, 'memory.usage_in_bytes')) -
        counter(join(memory, 'memory.stat'), 'total_inactive_file'),
    }
  } catch {
    removeControlGroup([memory, pids])
    return undefined
  }
}

/** The path of our own group in a hierarchy: version 2 has the empty name. */
function ownGroup(controller: string): string {
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers.split(',').includes(controller)) return path
  }
  return '/'
}

function write(path: string, value: string): void {
  writeFileSync(path, value)
}

function counter(path: string, name: string): number {
  try {
    const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync(path, 'utf8'))
    return Number(match?.[1] ?? 0)
  } catch {
    return 0
  }
}

function total(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return 0
  }
}
