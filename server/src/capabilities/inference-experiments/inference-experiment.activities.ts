import { AwsError } from '../../aws/errors.ts'
import { newShortId, newUuid } from '../../base/ids.ts'
import type { Place, Platform, RequestScope } from '../../platform/scope.ts'
import { hostingOperations } from '../hosting/index.ts'
import {
  decideExperiment,
  type ExperimentStep,
  needsPlan,
  type ObservedEndpoint,
  wantedConfig,
} from './inference-experiment.states.ts'
import { changeExperiment, type ExperimentChange } from './inference-experiment.store.ts'
import type { InferenceExperiment } from './inference-experiment.ts'

/** AWS's limit of an endpoint configuration's name. */
const CONFIG_NAME_MAX = 63
const SUFFIX_LENGTH = 8

/**
 * Looks at an experiment and its endpoint, decides, and acts, once. The row says what is being done before it
 * is done, so that a crash at any point leaves a state from which the next look goes on.
 *
 * @returns when to look again though nothing is announced; `'now'`: at once
 */
export async function attendExperiment(
  platform: Platform,
  experiment: InferenceExperiment,
): Promise<Date | 'now' | undefined> {
  const endpoint = await observeEndpoint(platform, experiment)
  const step = decideExperiment(experiment, endpoint, platform.clock.now())
  if (step.step === 'wait') return step.dueAt
  if (step.step === 'move') await move(platform, experiment, { step, endpoint })
  else await apply(platform, experiment, endpoint)
  return 'now'
}

/** Says that something is to become of the endpoint, and which configuration that is. */
export function planFor({ request }: Pick<InferenceExperiment, 'request'>) {
  const base = (request.EndpointName ?? '').slice(0, CONFIG_NAME_MAX - SUFFIX_LENGTH - 1)
  return { endpointConfigName: `${base}-${newShortId(SUFFIX_LENGTH)}`, asked: false }
}

async function move(
  platform: Platform,
  experiment: InferenceExperiment,
  {
    step,
    endpoint,
  }: {
    readonly step: Extract<ExperimentStep, { step: 'move' }>
    readonly endpoint: ObservedEndpoint | undefined
  },
): Promise<void> {
  const { to, stop, statusReason } = step
  const at = platform.clock.now()
  const isOver = to === 'Completed' || to === 'Cancelled'
  await change(platform, experiment, {
    from: [experiment.status],
    to,
    at,
    plan: needsPlan(to) ? planFor(experiment) : null,
    ...(stop && { stop }),
    ...(to === 'Starting' && endpoint && { originalConfigName: endpoint.endpointConfigName }),
    ...(statusReason !== undefined && { statusReason }),
    ...(isOver && { completedAt: at }),
  })
}

/** Makes the plan's configuration and has the endpoint take it. */
async function apply(
  platform: Platform,
  experiment: InferenceExperiment,
  endpoint: ObservedEndpoint | undefined,
): Promise<void> {
  const { plan, request, status } = experiment
  if (!plan) return
  const scope = internalScope(platform, experiment.place)
  const { endpointConfigName: EndpointConfigName } = plan
  const { EndpointName } = request
  try {
    const captured = await capturedBefore(scope, experiment.originalConfigName)
    const input = { EndpointConfigName, ...wantedConfig(experiment, captured) }
    await hostingOperations.CreateEndpointConfig(input, scope).catch(unlessThere)
    if (endpoint)
      await hostingOperations.UpdateEndpoint({ EndpointName, EndpointConfigName }, scope)
    else await hostingOperations.CreateEndpoint({ EndpointName, EndpointConfigName }, scope)
  } catch (error) {
    if (!(error instanceof AwsError) || error.fault !== 'client') throw error
    // another update was quicker: its end is announced
    if (IN_PROGRESS.test(error.message)) return
    const at = platform.clock.now()
    const refused = { to: 'Cancelled', statusReason: error.message, completedAt: at } as const
    await change(platform, experiment, { from: [status], at, plan: null, ...refused })
    return
  }
  await change(platform, experiment, {
    from: [status],
    at: platform.clock.now(),
    plan: { ...plan, asked: true },
  })
}

const IN_PROGRESS = /^Cannot update in-progress endpoint/
const ALREADY_THERE = /^Cannot create already existing/

function unlessThere(error: unknown): void {
  if (error instanceof AwsError && ALREADY_THERE.test(error.message)) return
  throw error
}

/** What the endpoint captured before the experiment; undefined when nothing, or nobody knows any more. */
async function capturedBefore(scope: RequestScope, EndpointConfigName: string | undefined) {
  if (EndpointConfigName === undefined) return undefined
  const config = await hostingOperations
    .DescribeEndpointConfig({ EndpointConfigName }, scope)
    .catch(undefinedWhenRefused)
  return config?.DataCaptureConfig
}

export async function observeEndpoint(
  platform: Platform,
  { place, request }: Pick<InferenceExperiment, 'place' | 'request'>,
): Promise<ObservedEndpoint | undefined> {
  const { EndpointName } = request
  const endpoint = await hostingOperations
    .DescribeEndpoint({ EndpointName }, internalScope(platform, place))
    .catch(undefinedWhenRefused)
  if (!endpoint?.EndpointStatus) return undefined
  return {
    status: endpoint.EndpointStatus,
    endpointConfigName: endpoint.EndpointConfigName ?? '',
    ...(endpoint.FailureReason !== undefined && { failureReason: endpoint.FailureReason }),
  }
}

function undefinedWhenRefused(error: unknown): undefined {
  if (error instanceof AwsError && error.fault === 'client') return undefined
  throw error
}

async function change(
  { database, changes }: Platform,
  experiment: InferenceExperiment,
  what: ExperimentChange,
): Promise<void> {
  await database.transaction(async (transaction) => {
    if (!(await changeExperiment(transaction, experiment, what))) return
    await changes.announce(transaction, experiment.experimentArn)
  })
}

/** The platform asks as the account itself, and nobody can hang up on it. */
function internalScope(platform: Platform, place: Place): RequestScope {
  const { account } = place
  return {
    ...platform,
    ...place,
    requestId: newUuid(),
    caller: { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId: '' },
    signal: new AbortController().signal,
  }
}
