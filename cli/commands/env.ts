import { parseArgs } from 'node:util'
import { attachment } from '../attachment.ts'
import { type Command, print, printJson } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  requireRunning,
  supervisorKeys,
} from '../installation-options.ts'

export const env: Command = {
  usage: '[--proxy] [--json] [--data-dir DIR]',
  summary: 'print what to eval so that AWS clients find the platform',
  help: `Prints shell assignments: AWS_ENDPOINT_URL, keys and region. With --proxy it prints HTTPS_PROXY and
AWS_CA_BUNDLE in place of AWS_ENDPOINT_URL: clients then speak to AWS's own host names and reach
this machine, also those that build such names themselves, as the SageMaker Python SDK does for STS.

  --proxy          the transparent way
  --json           one JSON object in place of shell assignments
${DATA_DIR_HELP}

Examples:
  eval "$(./sagebrush env)" && aws s3 ls
  eval "$(./sagebrush env --proxy)" && python train.py`,
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { ...DATA_DIR_OPTION, proxy: { type: 'boolean' }, json: { type: 'boolean' } },
    })
    const config = configFor(values)
    const { url } = await requireRunning(config.dataDir)
    const { variables, stale } = attachment({
      url,
      dataDir: config.dataDir,
      region: config.region,
      keys: await supervisorKeys(config.dataDir),
      proxy: values.proxy ?? false,
      environment: process.env,
    })
    if (values.json) {
      printJson(variables)
      return 0
    }
    for (const [name, value] of Object.entries(variables)) print(`export ${name}=${quoted(value)}`)
    print(`unset ${stale.join(' ')}`)
    return 0
  },
}

function quoted(value: string): string {
  return /^[\w:/.,@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}
