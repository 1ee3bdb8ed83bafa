import { parseArgs } from 'node:util'
import type { FaultDocument } from '../../server/src/capabilities/faults/index.ts'
import { type Command, print, printJson, printTable, UsageError } from '../command.ts'
import { configFor, DATA_DIR_OPTION, dataDirHelp, requireControl } from '../installation-options.ts'

/** As control answers. */
export interface FaultListed {
  readonly target: string
  readonly name: string
  readonly region: string
  readonly variantName?: string
  readonly endpointConfigName?: string
  readonly fault: Readonly<Record<string, unknown>>
  readonly injectedAt: string
}

const OPTIONS = {
  ...DATA_DIR_OPTION,
  json: { type: 'boolean' },
  variant: { type: 'string' },
  config: { type: 'string' },
  latency: { type: 'string' },
  'error-rate': { type: 'string' },
  status: { type: 'string' },
  crash: { type: 'boolean' },
  'failing-ping': { type: 'boolean' },
  'slow-start': { type: 'string' },
  'exit-code': { type: 'string' },
  'spot-interruption': { type: 'boolean' },
  'lose-machine': { type: 'boolean' },
} as const

export const inject: Command = {
  usage: 'endpoint NAME [FAULTS] | job NAME FAULT | list | clear [NAME] [--json]',
  summary: 'make endpoints slow, failing or crash, and take jobs their machines',
  help: `Rehearses failure. What is injected for an endpoint holds until it is cleared; it shows in status.

  endpoint NAME            an endpoint's name or ARN
    --variant V            only this variant; all of them by default
    --config C             only the replicas of this endpoint configuration, e.g. a canary's new ones
    --latency 200ms        each invocation takes this much longer
    --error-rate 0.3       this share of invocations is answered with an error, as by the container
    --status 503           that error's status, 400 to 599 (default 503)
    --crash                one replica of each variant is killed, now
    --failing-ping         /ping is not answered with 200: replicas are unrouted, then replaced
    --slow-start 60s       replicas that start from now on are not ready for this long
  job NAME                 a training or transform job's name or ARN; it happens once
    --exit-code N          its program is killed, and the job ends as if it had ended with N
    --spot-interruption    its machine goes: a spot job is Interrupted and starts again until its
                           MaxWaitTimeInSeconds is over, another one loses what it had not stored
    --lose-machine         the same; a transform job starts again, and does all of its objects
  list                     what is injected
  clear [NAME]             nothing any more for the endpoint or job; for none without NAME
  --json                   {"faults": [{"target", "name", "region", "fault", "injectedAt", …}]}
${dataDirHelp(25)}

Latency is real time; pings and slow starts go by the platform's clock, see ./sagebrush clock.

Examples:
  ./sagebrush inject endpoint churn --config churn-v2 --error-rate 0.3
  ./sagebrush inject endpoint churn --crash
  ./sagebrush inject job train-7 --spot-interruption
  ./sagebrush inject clear

A test suite can do the same over HTTP, where the platform was started with --test-controls:
  curl http://127.0.0.1:8420/_sagebrush/inject
  curl -X POST http://127.0.0.1:8420/_sagebrush/inject \\
    -d '{"endpoint": "churn", "latency": "200ms", "errorRate": 0.3, "status": 500}'
  also "variant", "config", "crash", "failingPing", "slowStart"; {"job": NAME, "exitCode": 1},
  {"job": NAME, "spotInterruption": true}, {"job": NAME, "loseMachine": true}, {"clear": NAME}
  and {"clear": true}`,
  run: async (args) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: OPTIONS,
    })
    const document = documentOf(positionals, values)
    const { dataDir } = configFor(values)
    const answer = document
      ? await requireControl<Faults>(dataDir, 'POST', { url: '/inject', body: document })
      : await requireControl<Faults>(dataDir, 'GET', '/inject')
    if (values.json) printJson(answer)
    else if (answer.faults.length === 0) print('nothing is injected')
    else printFaults(answer.faults)
    return 0
  },
}

interface Faults {
  readonly faults: readonly FaultListed[]
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

export function printFaults(faults: readonly FaultListed[]): void {
  printTable([
    ['INJECTED FOR', 'NAME', 'ONLY', 'FAULT', 'SINCE'],
    ...faults.map(({ target, name, variantName, endpointConfigName, fault, injectedAt }) => [
      target,
      name,
      [variantName, endpointConfigName].filter(Boolean).join(' of ') || '-',
      faultText(fault),
      injectedAt,
    ]),
  ])
}

function faultText(fault: FaultListed['fault']): string {
  return Object.entries(fault)
    .map(([name, value]) => {
      if (value === true) return name
      return `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`
    })
    .join(', ')
}

/** @returns undefined for `list` @throws UsageError */
function documentOf(positionals: readonly string[], values: Values): FaultDocument | undefined {
  const [verb = 'list', name, ...more] = positionals
  const wrong = new UsageError(`give ${inject.usage}; see ./sagebrush inject --help`)
  if (more.length > 0) throw wrong
  if (verb === 'list' && name === undefined) return undefined
  if (verb === 'clear') return { clear: name ?? true }
  if (verb === 'job' && name !== undefined) {
    const exitCode = count(values, 'exit-code')
    return {
      job: name,
      ...(exitCode !== undefined && { exitCode }),
      ...(values['spot-interruption'] && { spotInterruption: true }),
      ...(values['lose-machine'] && { loseMachine: true }),
    }
  }
  if (verb !== 'endpoint' || name === undefined) throw wrong
  const { variant, config, latency, 'slow-start': slowStart } = values
  const [errorRate, status] = [count(values, 'error-rate'), count(values, 'status')]
  return {
    endpoint: name,
    ...(variant !== undefined && { variant }),
    ...(config !== undefined && { config }),
    ...(latency !== undefined && { latency }),
    ...(errorRate !== undefined && { errorRate }),
    ...(status !== undefined && { status }),
    ...(values.crash && { crash: true }),
    ...(values['failing-ping'] && { failingPing: true }),
    ...(slowStart !== undefined && { slowStart }),
  }
}

function count(values: Values, name: 'exit-code' | 'error-rate' | 'status'): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isNaN(value)) return value
  throw new UsageError(`--${name} is '${text}': give a number`)
}
