import { parseArgs } from 'node:util'
import { type Command, print } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  requireControl,
} from '../installation-options.ts'

export const reset: Command = {
  usage: '[--data-dir DIR]',
  summary: 'remove everything of the account: jobs, models, endpoints, buckets, logs',
  help: `Everything is gone from every API at once; tasks that run are ended and bytes are removed behind it.
The keys and the ready execution role stay. There is no way back.

${DATA_DIR_HELP}

A test suite can do the same over HTTP, where the platform was started with --test-controls:
  curl -X POST http://127.0.0.1:8420/_sagebrush/reset`,
  run: async (args) => {
    const { values } = parseArgs({ args: [...args], options: DATA_DIR_OPTION })
    const { dataDir } = configFor(values)
    await requireControl(dataDir, 'POST', '/reset')
    print('the account is empty')
    return 0
  },
}
