import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownUser } from '../own-user.ts'
import { bwrapCommand } from './bwrap.ts'
import { hasControlGroups } from './control-group.ts'
import { LAUNCH_PATH, type SandboxMechanism, type SandboxPlan } from './plan.ts'
import { unshareCommand, unshareFiles } from './unshare.ts'

/** What this machine can do to close containers in; `advice` is for a person, empty when all is well. */
export interface SandboxProbe {
  readonly mechanism?: SandboxMechanism
  readonly works: Readonly<Record<SandboxMechanism, boolean>>
  /** `control group` bounds a task as a whole; `process limits` each of its processes. */
  readonly memoryLimit: 'control group' | 'process limits'
  readonly ownNetwork: boolean
  readonly advice: readonly string[]
}

/** Tries each mechanism with a container that does nothing. Takes some ten milliseconds. */
export async function probeSandbox(): Promise<SandboxProbe> {
  const [bwrap, unshare] = await Promise.all([tryMechanism('bwrap'), tryMechanism('unshare')])
  const works = { bwrap: bwrap.plain.ok, unshare: unshare.plain.ok }
  const mechanism = works.bwrap ? 'bwrap' : works.unshare ? 'unshare' : undefined
  const hasGroups = hasControlGroups()
  const ownNetwork = mechanism === 'bwrap' ? bwrap.network.ok : unshare.network.ok
  const advice: string[] = []
  if (mechanism === undefined) {
    advice.push(
      `Containers cannot be closed in: install bubblewrap (apt-get install bubblewrap), or allow ` +
        `user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0). bwrap said: ` +
        `${bwrap.plain.said}; unshare said: ${unshare.plain.said}`,
    )
  } else if (!ownNetwork) {
    advice.push(
      'Containers cannot have a network of their own: install iproute2, or bubblewrap. ' +
        'Network isolation and images that insist on port 8080 will not start.',
    )
  }
  if (!hasGroups) {
    advice.push(
      'Memory is limited per process, not per container: run as root, or in a systemd unit ' +
        'with Delegate=yes, to have control groups.',
    )
  }
  const memoryLimit = hasGroups ? 'control group' : 'process limits'
  return { ...(mechanism && { mechanism }), works, memoryLimit, ownNetwork, advice }
}

interface Attempt {
  readonly ok: boolean
  readonly said: string
}

async function tryMechanism(mechanism: SandboxMechanism) {
  const [plain, network] = await Promise.all([
    attempt(mechanism, 'host'),
    attempt(mechanism, 'own'),
  ])
  return { plain, network }
}

function attempt(mechanism: SandboxMechanism, network: SandboxPlan['network']): Promise<Attempt> {
  const directory = mkdtempSync(join(tmpdir(), 'sagebrush-probe-'))
  const mountPoint = join(directory, 'mount')
  mkdirSync(mountPoint)
  const { uid, gid } = ownUser()
  const plan: SandboxPlan = {
    grounds: [
      { kind: 'memory', target: '/dev/shm', sizeBytes: 2 ** 20 },
      { kind: 'memory', target: '/opt', sizeBytes: 2 ** 20 },
    ],
    binds: [],
    hostname: 'probe',
    network,
    limits: { fileBytesMax: 2 ** 30 },
  }
  const options = { uid, gid, mountPoint, scriptPath: join(directory, 'setup.sh') }
  if (mechanism === 'unshare') {
    for (const [path, content] of Object.entries(unshareFiles(plan, options))) {
      writeFileSync(path, content)
    }
  }
  const [program = '', ...args] =
    mechanism === 'bwrap'
      ? bwrapCommand(plan, { isRoot: uid === 0 })
      : unshareCommand(plan, options)
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { env: { PATH: LAUNCH_PATH }, timeout: 10_000 },
      (error, _, stderr) => {
        rmSync(directory, { recursive: true, force: true })
        resolve({ ok: error === null, said: stderr.trim() || (error?.message ?? '') })
      },
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end('mkdir /opt/ml\n')
  })
}
