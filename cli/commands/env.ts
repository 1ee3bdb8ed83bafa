import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openInstallation } from '../../server/src/installation.ts'
import { type Command, print, printJson } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  requireRunning,
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
    const { rootKey } = await openInstallation(config.dataDir, process.env)
    const bundle = join(config.dataDir, 'ca', 'bundle.pem')
    const attach = values.proxy
      ? {
          HTTPS_PROXY: url,
          NO_PROXY: 'localhost,127.0.0.1,::1',
          AWS_CA_BUNDLE: bundle,
          // the SageMaker Python SDK also asks by the requests library, which has a variable of its own
          REQUESTS_CA_BUNDLE: bundle,
        }
      : { AWS_ENDPOINT_URL: url }
    const variables: Record<string, string> = {
      ...attach,
      AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
      AWS_REGION: config.region,
      AWS_DEFAULT_REGION: config.region,
    }
    // what another way of attaching, or another account's session, would leave behind
    const stale = [
      'AWS_SESSION_TOKEN',
      'AWS_PROFILE',
      ...(values.proxy
        ? ['AWS_ENDPOINT_URL']
        : ['HTTPS_PROXY', 'AWS_CA_BUNDLE', 'REQUESTS_CA_BUNDLE']),
    ]
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
