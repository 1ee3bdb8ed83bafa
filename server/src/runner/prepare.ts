import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Task } from '../platform/engines/engine.ts'
import type { TaskDirectory, TaskOrder } from '../platform/engines/process/task-directory.ts'
import { machinePath } from './container-paths.ts'

/** The name of a container that nobody else calls. */
const ONLY_HOST = 'algo-1'

export function hostnameOf(task: Task): string {
  return task.host ?? task.hosts?.[0] ?? ONLY_HOST
}

/** Makes the folders and small files that are there before the container starts. */
export function prepareFiles(order: TaskOrder, directory: TaskDirectory): void {
  const { task, settings } = order
  for (const path of [directory.ml, directory.home, directory.mountPoint]) mkdirSync(path)
  mkdirSync(directory.tmp)
  // Everyone's, as any /tmp: containers may change their user.
  chmodSync(directory.tmp, 0o1777)
  mkdirSync(settings.socketDir, { recursive: true, mode: 0o700 })
  const folders = [...task.inputs, ...task.outputs].map(({ path }) => path)
  for (const path of ['/opt/ml/output', ...folders]) {
    mkdirSync(machinePath(directory, path), { recursive: true })
  }
  for (const { path, content } of task.files) {
    const file = machinePath(directory, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  writeFileSync(directory.hosts, hostsFile(order))
}

function hostsFile({ task, settings }: TaskOrder): string {
  const lines = ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback']
  const hosts = task.hosts ?? [hostnameOf(task)]
  for (const host of hosts) lines.push(`${settings.addresses[host] ?? '127.0.0.1'} ${host}`)
  return `${lines.join('\n')}\n`
}
