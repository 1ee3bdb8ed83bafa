import { once } from 'node:events'
import { watch } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { askAdminSocket } from '../../server/src/supervisor/admin-socket.ts'
import { type Command, print } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  supervisorSocket,
  supervisorStatus,
} from '../installation-options.ts'

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
    const socket = supervisorSocket(dataDir)
    // the supervisor's last act is to remove its socket
    const changes = watch(dirname(socket))
    try {
      if (!(await askAdminSocket(socket, 'POST', '/stop'))) {
        print(`Sagebrush does not run on ${dataDir}`)
        return 0
      }
      while (await supervisorStatus(dataDir).catch(() => ({}))) await once(changes, 'change')
    } finally {
      changes.close()
    }
    print('stopped')
    return 0
  },
}
