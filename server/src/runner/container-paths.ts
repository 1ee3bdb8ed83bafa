import { join, normalize } from 'node:path'
import type { TaskDirectory } from '../platform/engines/process/task-directory.ts'
import { TaskFailure } from './task-failure.ts'

/**
 * Where a path of the container lies on this machine.
 *
 * @throws TaskFailure for a path outside what the container may write
 */
export function machinePath(directory: TaskDirectory, containerPath: string): string {
  const path = normalize(containerPath).replace(/\/+$/, '')
  const places = [
    ['/opt/ml', directory.ml],
    ['/tmp', directory.tmp],
    ['/root', directory.home],
  ] as const
  for (const [inside, outside] of places) {
    if (path === inside) return outside
    if (path.startsWith(`${inside}/`)) return join(outside, path.slice(inside.length))
  }
  throw new TaskFailure(
    'StartFailed',
    `Cannot use path ${containerPath}: it must lie below /opt/ml, /tmp or /root`,
  )
}
