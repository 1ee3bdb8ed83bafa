import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ownUser } from '../platform/engines/process/own-user.ts'
import {
  identify,
  isAlive,
  type ProcessIdentity,
} from '../platform/engines/process/process-identity.ts'
import { networkPrefix } from '../platform/engines/process/sandbox/plan.ts'
import { readJsonSync, writeWhole } from '../platform/engines/process/task-directory.ts'
import type { BridgeEnds } from './bridge-entry.ts'
import { withFileLock } from './file-lock.ts'
import { type NetworkHelper, startNetworkHelper } from './network-helper.ts'

const MEMBER = '.member.json'

/**
 * One network for the hosts of an isolated job, which has nothing but a loopback device. It belongs to nobody
 * and lasts as long as a process is in it: each host has a helper there, notes which one that is, and
 * enters by any other's that is alive; the first, or one whose peers are all gone, makes it. So no host
 * needs another's runner to live on, and nothing is left when the last has ended.
 */
export async function joinSharedNetwork(
  ends: BridgeEnds,
  options: { readonly directory: string; readonly taskId: string; readonly signal: AbortSignal },
): Promise<NetworkHelper> {
  const { directory, taskId, signal } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  let helper: NetworkHelper | undefined
  await withFileLock(join(directory, 'lock'), signal, async () => {
    helper = (await enterAny(directory, ends)) ?? (await startNetworkHelper(makeNetwork(), ends))
    const identity = identify(helper.pid)
    writeWhole(join(directory, `${taskId}${MEMBER}`), JSON.stringify(identity ?? null))
  })
  if (!helper) throw new Error('no network was made')
  return helper
}

/** @returns undefined when nobody is in the network */
async function enterAny(directory: string, ends: BridgeEnds): Promise<NetworkHelper | undefined> {
  for (const name of readdirSync(directory).filter((entry) => entry.endsWith(MEMBER))) {
    const path = join(directory, name)
    const member = readJsonSync<ProcessIdentity | null>(path)
    if (member && isAlive(member)) {
      try {
        return await startNetworkHelper(networkPrefix({ joined: member.pid }, ownUser()), ends)
      } catch (error) {
        // it may have ended since we looked
        if (isAlive(member)) throw error
      }
    }
    rmSync(path, { force: true })
  }
  return undefined
}

/** Without root the right to make a network comes from a user namespace, which all hosts then share. */
function makeNetwork(): string[] {
  const spaces = ownUser().isRoot ? [] : ['--user', '--map-root-user']
  const upAndGo = 'ip link set lo up && exec "$@"'
  return ['unshare', ...spaces, '--net', 'sh', '-c', upAndGo, 'sh']
}
