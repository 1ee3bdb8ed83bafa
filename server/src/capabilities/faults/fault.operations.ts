import { parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/errors.ts'
import { Refusal } from '../../base/refusal.ts'
import type { Place, Platform } from '../../platform/scope.ts'
import { readRoute } from '../inference/route.store.ts'
import { deleteFaults, listFaults, mergeFault } from './fault.store.ts'
import { type EndpointFault, FAULT_TOPIC, type FaultSelector, type InjectedFault } from './fault.ts'
import { type FaultCommand, readFaultCommand } from './fault-command.validation.ts'

export interface FaultOptions {
  readonly platform: Platform
  /** The account's present life. */
  readonly presentRealm: (account: string) => number
  /** The names of an endpoint's variants; undefined when there is no such endpoint. */
  readonly variantsOf: (place: Place, name: string) => Promise<readonly string[] | undefined>
  /** What befalls jobs, by the capability that runs them. @throws AwsError when it cannot */
  readonly jobs: {
    /** Ends a job as if its program had ended with `exitCode`. */
    fail(job: { readonly trainingJobArn: string; readonly exitCode: number }): Promise<void>
    /** Takes a job's machine away. */
    interrupt(job: { readonly trainingJobArn: string }): Promise<void>
  }
  /** Resolves when every gateway applies what was announced. */
  readonly gatewaysFollow: () => Promise<void>
}

/** One fault for people and programs. */
export interface FaultShown extends FaultSelector {
  readonly target: 'endpoint' | 'training job'
  readonly name: string
  readonly region: string
  readonly fault: InjectedFault['fault']
  readonly injectedAt: Date
}

/** Injects what a JSON document asks for, or clears it, and answers what is injected then. @throws Refusal */
export async function commandFaults(
  options: FaultOptions,
  document: unknown,
): Promise<readonly FaultShown[]> {
  const command = readFaultCommand(document)
  try {
    if (command.to === 'endpoint') await injectEndpoint(options, command)
    else if (command.to === 'job') await injectJob(options, command)
    else await clear(options, command.target)
  } catch (error) {
    // what the operations of a job refuse is as good a reason here
    throw error instanceof AwsError ? new Refusal(error.message) : error
  }
  return showFaults(options.platform)
}

/** What is injected, oldest first. */
export async function showFaults({
  database,
}: Pick<Platform, 'database'>): Promise<readonly FaultShown[]> {
  const faults = await listFaults(database)
  return faults.map(({ realm, targetArn, ...one }) => {
    const { region, kind, name } = partsOf(targetArn)
    return { target: kind === 'endpoint' ? kind : 'training job', name, region, ...one }
  })
}

async function injectEndpoint(
  options: FaultOptions,
  { target, selector, fault, crash }: Extract<FaultCommand, { to: 'endpoint' }>,
): Promise<void> {
  const { platform } = options
  const { place, name, targetArn } = locate(options, target, 'endpoint')
  const variants = await options.variantsOf(place, name)
  if (!variants) throw new Refusal(`there is no endpoint '${name}' in ${place.region}`)
  const { variantName, endpointConfigName } = selector
  const isKnown = variantName === undefined || variants.includes(variantName)
  // another configuration may have other variants, and may come only later
  if (!isKnown && endpointConfigName === undefined) {
    const known = variants.join(', ')
    throw new Refusal(`endpoint '${name}' has no variant '${variantName}': it has ${known}`)
  }
  const crashed = crash ? await crashReplicas(platform, { place, name, selector }) : undefined
  const at = platform.clock.now()
  const injected: EndpointFault = {
    ...fault,
    ...(crashed && { crashed: { replicaIds: crashed, at: at.toISOString() } }),
  }
  const { realm } = place
  await change(options, [targetArn], (transaction) =>
    mergeFault(transaction, { realm, targetArn, ...selector, fault: injected, injectedAt: at }),
  )
}

/** Kills a replica of each variant that is meant: hosting replaces it as any that dies. */
async function crashReplicas(
  { database, engine }: Platform,
  endpoint: { readonly place: Place; readonly name: string; readonly selector: FaultSelector },
): Promise<readonly string[]> {
  const { place, name, selector } = endpoint
  const route = await readRoute(database, { ...place, endpointName: name })
  const replicaIds = (route?.fleets ?? []).flatMap(({ endpointConfigName, variants }) =>
    variants
      .filter(
        ({ variantName }) =>
          (selector.variantName ?? variantName) === variantName &&
          (selector.endpointConfigName ?? endpointConfigName) === endpointConfigName,
      )
      .flatMap(({ replicas }) => replicas.slice(0, 1).map(({ replicaId }) => replicaId)),
  )
  if (replicaIds.length === 0) throw new Refusal(`endpoint '${name}' has no replica that serves`)
  await Promise.all(replicaIds.map((replicaId) => engine.kill(replicaId)))
  return replicaIds
}

async function injectJob(
  options: FaultOptions,
  { target, fault }: Extract<FaultCommand, { to: 'job' }>,
): Promise<void> {
  const { platform, jobs } = options
  const { place, targetArn } = locate(options, target, 'training-job')
  if (fault.exitCode !== undefined) {
    await jobs.fail({ trainingJobArn: targetArn, exitCode: fault.exitCode })
  } else await jobs.interrupt({ trainingJobArn: targetArn })
  const injectedAt = platform.clock.now()
  const { realm } = place
  await change(options, [targetArn], (transaction) =>
    mergeFault(transaction, { realm, targetArn, fault, injectedAt }),
  )
}

async function clear(options: FaultOptions, target: string | undefined): Promise<void> {
  const { place, targetArn } = locate(options, target ?? '', 'endpoint')
  const job = locate(options, target ?? '', 'training-job')
  const targetArns = target === undefined ? undefined : [targetArn, job.targetArn]
  const cleared: string[] = []
  await change(options, cleared, async (transaction) => {
    const { realm } = place
    cleared.push(...(await deleteFaults(transaction, { realm, ...(targetArns && { targetArns }) })))
  })
  if (target !== undefined && cleared.length === 0) {
    throw new Refusal(`nothing is injected for '${target}'`)
  }
}

/** Changes faults, tells those who act on them, and waits for the gateways. */
async function change(
  { platform, gatewaysFollow }: FaultOptions,
  targetArns: readonly string[],
  work: (transaction: Parameters<typeof mergeFault>[0]) => Promise<void>,
): Promise<void> {
  const { database, changes } = platform
  await database.transaction(async (transaction) => {
    await work(transaction)
    for (const topic of [FAULT_TOPIC, ...targetArns]) await changes.announce(transaction, topic)
  })
  await gatewaysFollow()
}

/** Where a name or an ARN points to, in the platform's own account and region unless the ARN says otherwise. */
function locate(
  { platform, presentRealm }: FaultOptions,
  target: string,
  kind: 'endpoint' | 'training-job',
): { readonly place: Place; readonly name: string; readonly targetArn: string } {
  const { account, region } = platform.config
  const isArn = target.startsWith('arn:')
  const targetArn = isArn ? target : `arn:aws:sagemaker:${region}:${account}:${kind}/${target}`
  const parts = partsOf(targetArn)
  return {
    place: { account: parts.account, region: parts.region, realm: presentRealm(parts.account) },
    name: parts.name,
    targetArn,
  }
}

function partsOf(arn: string) {
  const parts = parseArn(arn)
  const [kind, name = ''] = parts?.resource.split('/') ?? []
  if (!parts) throw new Refusal(`'${arn}' is no ARN`)
  return { account: parts.account, region: parts.region, kind, name }
}
