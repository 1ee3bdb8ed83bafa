import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Command, print } from '../command.ts'
import {
  askSupervisor,
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  supervisorStatus,
} from '../installation-options.ts'

const LOOK_MS = 20

export const down: Command = {
  usage: '[--data-dir DIR]',
  summary: 'stop the platform; jobs and data stay',
  help: `Requests in flight finish first. Replicas of endpoints end with the platform and come back with
the next up. Training jobs go on by themselves: their runners keep logs and outputs until the next
up takes them.

${DATA_DIR_HELP}

Example:
  ./sagebrush down`,
  run: async (args) => {
    const { values } = parseArgs({ args: [...args], options: DATA_DIR_OPTION })
    const { dataDir } = configFor(values)
    const status = await supervisorStatus(dataDir)
    if (!status) {
      print(`Sagebrush does not run on ${dataDir}`)
      return 0
    }
    const told = await askSupervisor<{ lines: string[] }>(dataDir, 'POST', '/stop')
    for (const line of told?.lines ?? []) print(line)
    for (const { pid } of status.processes) {
      while (isRunning(pid)) await delay(LOOK_MS)
    }
    print('stopped')
    return 0
  },
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
