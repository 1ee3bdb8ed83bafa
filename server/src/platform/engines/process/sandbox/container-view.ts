import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Bind, type Ground, SHARED_MEMORY } from './plan.ts'

/** Where a folder registered as an image is seen inside, read-only. */
export const PROGRAM_DIR = '/opt/program'
/** Where the socket of a service lies inside. */
export const SERVICE_DIR = '/run/sagebrush'

/** Memory file systems that stand for places where programs insist on writing small things. */
const SCRATCH = ['/run', '/var/log', '/var/cache', '/var/lib/nginx', '/var/spool']
const SCRATCH_BYTES = 256 * 2 ** 20

/** What no container needs and many machines keep secrets in. */
const SECRET_DIRECTORIES = [
  '/home',
  '/srv',
  '/etc/ssh',
  '/etc/ssl/private',
  '/etc/sudoers.d',
  '/var/lib/docker',
  '/var/lib/containerd',
  '/var/lib/kubelet',
  '/var/lib/postgresql',
  '/var/backups',
  '/sys/fs/cgroup',
]
const SECRET_FILES = ['/etc/shadow', '/etc/gshadow', '/etc/shadow-', '/etc/gshadow-']

export interface ContainerView {
  readonly ml: string
  readonly tmp: string
  readonly home: string
  readonly hostsFile: string
  readonly memoryBytes: number
  readonly hiddenPaths: readonly string[]
  readonly exposedPaths: readonly string[]
  readonly programDir?: string
  readonly serviceDir?: string
}

/** The mounts that make the machine look like the task's container. */
export function containerMounts(view: ContainerView): { grounds: Ground[]; binds: Bind[] } {
  const grounds: Ground[] = [
    { kind: 'memory', target: SHARED_MEMORY, sizeBytes: view.memoryBytes },
    ...directories(view),
    { kind: 'memory', target: '/opt', sizeBytes: SCRATCH_BYTES },
  ]
  const replaced = grounds.map((ground) => ground.target)
  const memory = outermost([...SCRATCH, ...SECRET_DIRECTORIES, ...view.hiddenPaths])
  for (const target of memory.filter((path) => existsSync(path) && !isBelow(path, replaced))) {
    grounds.push({ kind: 'memory', target, sizeBytes: SCRATCH_BYTES })
  }
  const binds = [...optBinds(), { ...directory(view.ml, '/opt/ml'), writable: true }]
  if (view.programDir !== undefined) binds.push(directory(view.programDir, PROGRAM_DIR))
  const covered = grounds.map((ground) => ground.target)
  for (const path of outermost(view.exposedPaths)) {
    if (existsSync(path) && isBelow(path, covered)) binds.push(directory(path, path))
  }
  if (view.serviceDir !== undefined) {
    binds.push({ ...directory(view.serviceDir, SERVICE_DIR), writable: true })
  }
  binds.push(...nameFiles(view), ...SECRET_FILES.filter(existsSync).map(masked))
  return { grounds, binds }
}

function directories(view: ContainerView): Ground[] {
  const grounds: Ground[] = [
    { kind: 'directory', source: view.tmp, target: '/tmp' },
    { kind: 'directory', source: view.home, target: '/root' },
  ]
  if (existsSync('/var/tmp')) {
    grounds.push({ kind: 'directory', source: view.tmp, target: '/var/tmp' })
  }
  return grounds
}

/** `/opt/ml` cannot be made on a read-only root: `/opt` becomes a memory file system with its old content. */
function optBinds(): Bind[] {
  const binds: Bind[] = []
  for (const name of readdirSync('/opt')) {
    const path = join('/opt', name)
    if (name === 'ml' || path === PROGRAM_DIR || lstatSync(path).isSymbolicLink()) continue
    const isFile = lstatSync(path).isFile()
    if (isFile || lstatSync(path).isDirectory()) {
      binds.push({ source: path, target: path, writable: false, isFile })
    }
  }
  return binds
}

function nameFiles(view: ContainerView): Bind[] {
  const binds: Bind[] = []
  if (existsSync('/etc/hosts')) {
    binds.push({ ...file(view.hostsFile, '/etc/hosts'), writable: true })
  }
  // On many machines the resolver's file is a link into `/run`, which is hidden.
  const link = '/etc/resolv.conf'
  if (existsSync(link) && lstatSync(link).isSymbolicLink()) {
    const target = realpathSync(link)
    const named = join(dirname(link), readlinkSync(link))
    for (const path of new Set([target, named])) {
      if (path.startsWith('/run/')) binds.push(file(target, path))
    }
  }
  return binds
}

function masked(path: string): Bind {
  return file('/dev/null', path)
}

function directory(source: string, target: string): Bind {
  return { source, target, writable: false, isFile: false }
}

function file(source: string, target: string): Bind {
  return { source, target, writable: false, isFile: true }
}

/** Those paths that lie below no other of them. */
function outermost(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)]
  return unique.filter(
    (path) => !unique.some((other) => other !== path && path.startsWith(`${other}/`)),
  )
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(`${root}/`))
}

/**
 * The directories that an executable needs around it: for each link on the way to it `<prefix>` when it lies
 * in `<prefix>/bin` and there is a `<prefix>/lib`, else its own directory only.
 */
export function exposureOf(executable: string): string[] {
  const found = new Set<string>()
  for (let path = executable; ; path = resolve(dirname(path), readlinkSync(path))) {
    if (!existsSync(path)) return []
    const prefix = dirname(dirname(path))
    const hasPrefix = basename(dirname(path)) === 'bin' && existsSync(join(prefix, 'lib'))
    found.add(hasPrefix ? prefix : dirname(path))
    if (!lstatSync(path).isSymbolicLink()) break
  }
  return [...found]
}
