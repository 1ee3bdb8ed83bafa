import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LAUNCH_PATH } from '../platform/engines/process/sandbox/plan.ts'
import type { BridgeEnds } from './bridge-entry.ts'

/** A process of ours in the container's network, and only there; it ends with us, however we end. */
export interface NetworkHelper {
  readonly pid: number
  /** Rejects when the helper ends, with what it said. */
  readonly lost: Promise<never>
  stop(): void
}

/**
 * Runs the bridge's far end behind `command`, which takes it into the network, and resolves when it listens.
 *
 * @throws Error with what the helper or the tools before it said
 */
export async function startNetworkHelper(
  command: readonly string[],
  ends: BridgeEnds,
): Promise<NetworkHelper> {
  const entry = fileURLToPath(new URL('./bridge-entry.ts', import.meta.url))
  const [program = '', ...args] = [...command, process.execPath, entry, JSON.stringify(ends)]
  // Without it the helper's types are stripped anew each time, and the container waits for that.
  const { NODE_COMPILE_CACHE = '' } = process.env
  // Standard input tells the helper of our death, whichever it is.
  const helper = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: LAUNCH_PATH, NODE_COMPILE_CACHE },
    detached: true,
  })
  helper.stdin.on('error', () => undefined)
  let said = ''
  helper.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-1000)
  })
  const lost = new Promise<never>((_, reject) => {
    helper.once('error', reject)
    helper.once('close', (code) =>
      reject(new Error(`the bridge ended with ${code} ${said}`.trim())),
    )
  })
  lost.catch(() => undefined)
  await Promise.race([once(helper.stdout, 'data'), lost])
  return { pid: helper.pid ?? 0, lost, stop: () => helper.kill('SIGKILL') }
}
