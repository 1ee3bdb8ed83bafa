import { parseArgs } from 'node:util'
import { type Command, print, printJson, printTable, UsageError } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  requireControl,
} from '../installation-options.ts'

/** As control answers: instants in ISO 8601. */
interface Deployment {
  readonly number: number
  readonly strategy: string
  readonly status: string
  readonly failureReason?: string
  readonly from: string
  readonly to: string
  readonly startedAt: string
  readonly durationSeconds: number
  readonly stage?: string
  readonly decisions: readonly Decision[]
}

interface Decision {
  readonly at: string
  readonly decision: string
  readonly cause: string
  readonly secondsSinceBefore: number
  readonly shares?: Readonly<Record<string, number>>
  readonly instances?: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly alarms?: readonly { readonly alarmName: string; readonly stateValue: string }[]
  readonly requests?: number
}

export const deployments: Command = {
  usage: 'ENDPOINT [--region REGION] [--json]',
  summary: 'what updates of an endpoint decided, and why',
  help: `Each UpdateEndpoint with every decision that it took: when, why, how long after the one before, the
shares of requests and the instances of each configuration from then on, and what alarms said.

  --region REGION  where the endpoint is (default: the installation's)
  --json           {"deployments": [{"number", "strategy", "status", "from", "to", "startedAt",
                   "decisions": [{"at", "decision", "cause", "shares", "alarms", …}]}]};
                   alarms come with the values of metrics that they saw (stateReasonData)
${DATA_DIR_HELP}

A bake that saw few requests proves little. The tag sagebrush:minimum-bake-requests of an endpoint,
read at each UpdateEndpoint, makes bakes hold until the new fleet has had so many requests, or until
MaximumExecutionTimeoutInSeconds:
  aws sagemaker add-tags --resource-arn ARN --tags Key=sagebrush:minimum-bake-requests,Value=200

A test suite asks over HTTP, where the platform was started with --test-controls:
  curl 'http://127.0.0.1:8420/_sagebrush/deployments?endpoint=fraud-detection'
  curl http://127.0.0.1:8420/_sagebrush/deploy -d '{"endpoint": "…", "command": "promote"}'`,
  run: async (args) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...DATA_DIR_OPTION, region: { type: 'string' }, json: { type: 'boolean' } },
    })
    const [endpoint, ...more] = positionals
    if (endpoint === undefined || more.length > 0) {
      throw new UsageError(`give ${deployments.usage}; see ./sagebrush deployments --help`)
    }
    const { dataDir } = configFor(values)
    const { region } = values
    const answer = await requireControl<{ deployments: readonly Deployment[] }>(dataDir, 'GET', {
      url: '/deployments',
      body: { endpoint, ...(region !== undefined && { region }) },
    })
    if (values.json) printJson(answer)
    else if (answer.deployments.length === 0) print(`${endpoint} has not been updated so far`)
    else answer.deployments.forEach(printDeployment)
    return 0
  },
}

function printDeployment(deployment: Deployment, index: number): void {
  const { number, strategy, from, to, startedAt, durationSeconds, failureReason } = deployment
  const standing = deployment.stage
    ? `${deployment.status}: ${deployment.stage}`
    : deployment.status
  if (index > 0) print()
  print(`#${number}  ${strategy}  ${from} → ${to}  ${standing}`)
  print(`begun ${startedAt}, ${durationSeconds} s`)
  if (failureReason !== undefined) print(failureReason)
  printTable([
    ['TIME', 'AFTER', 'DECISION', 'SHARES', 'INSTANCES', 'CAUSE'],
    ...deployment.decisions.map((decision) => [
      decision.at.slice(11, 19),
      `${decision.secondsSinceBefore} s`,
      decision.decision,
      pairs(from, to, (config) => percent(decision.shares?.[config] ?? 0)),
      pairs(from, to, (config) => String(total(decision.instances?.[config]))),
      causeOf(decision),
    ]),
  ])
}

/** Of the old configuration, then of the new one. */
function pairs(from: string, to: string, show: (config: string) => string): string {
  return `${show(from)} → ${show(to)}`
}

function causeOf({ cause, alarms = [], requests }: Decision): string {
  const said = alarms.map(({ alarmName, stateValue }) => `${alarmName} ${stateValue}`)
  const seen = requests === undefined ? [] : [`${requests} requests`]
  return [cause, ...said, ...seen].join('; ')
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`
}

function total(instances: Readonly<Record<string, number>> | undefined): number {
  return Object.values(instances ?? {}).reduce((sum, count) => sum + count, 0)
}
