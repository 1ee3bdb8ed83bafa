import { parseArgs } from 'node:util'
import { type Command, print, UsageError } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  requireControl,
} from '../installation-options.ts'

export const deploy: Command = {
  usage: 'abort | promote ENDPOINT [--region REGION]',
  summary: 'roll an update of an endpoint back now, or go on with it now',
  help: `What UpdateEndpoint began goes by its DeploymentConfig. Where a person knows better:

  abort            go back to the configuration before, now, as an alarm would
  promote          end the bake that is under way and go on to the next phase
  --region REGION  where the endpoint is (default: the installation's)
${DATA_DIR_HELP}

Examples:
  ./sagebrush deploy promote fraud-detection
  ./sagebrush deployments fraud-detection     what became of it`,
  run: async (args) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...DATA_DIR_OPTION, region: { type: 'string' } },
    })
    const [command, endpoint, ...more] = positionals
    if (
      (command !== 'abort' && command !== 'promote') ||
      endpoint === undefined ||
      more.length > 0
    ) {
      throw new UsageError(`give ${deploy.usage}; see ./sagebrush deploy --help`)
    }
    const { dataDir } = configFor(values)
    const { region } = values
    await requireControl(dataDir, 'POST', {
      url: '/deploy',
      body: { command, endpoint, ...(region !== undefined && { region }) },
    })
    print(
      command === 'abort'
        ? `${endpoint} is being rolled back`
        : `${endpoint} goes on without a wait`,
    )
    return 0
  },
}
