import { parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/errors.ts'
import { Refusal } from '../../base/refusal.ts'
import type { Place, Platform } from '../../platform/scope.ts'
import { readRoute } from '../inference/route.store.ts'
import type { JobFaults } from '../jobs/index.ts'
import { deleteFaults, listFaults, mergeFault } from './fault.store.ts'
import { type EndpointFault, FAULT_TOPIC, type FaultSelector, type InjectedFault } from './fault.ts'
import { type FaultCommand, readFaultCommand } from './fault-command.validation.ts'

export interface FaultOptions {
  readonly platform: Platform
  /** The account's present life. */
  readonly presentRealm: (account: string) => number
  /** The names of an endpoint's variants; undefined when there is no such endpoint. */
  readonly variantsOf: (place: Place, name: string) => Promise<readonly string[] | undefined>
  /** What can befall jobs, a member for each kind of them. */
  readonly jobs: readonly JobFaults[]
  /** Resolves when every gateway applies what was announced. */
  readonly gatewaysFollow: () => Promise<void>
}

/** One fault for people and programs. */
export interface FaultShown extends FaultSelector {
  /** `endpoint`, or the kind of a job, e.g. `training job`. */
  readonly target: string
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
    return { target: nounOf(kind), name, region, ...one }
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
  { target, fault, isSpot }: Extract<FaultCommand, { to: 'job' }>,
): Promise<void> {
  const { platform } = options
  const { faults, targetArn, place } = await findJob(options, target)
  if (isSpot && !faults.hasSpotInstances) {
    throw new Refusal(`${nounOf(faults.kind)}s have no spot instances: give loseMachine`)
  }
  if (fault.exitCode === undefined) await faults.interrupt(targetArn)
  else await faults.fail(targetArn, fault.exitCode)
  const injectedAt = platform.clock.now()
  const { realm } = place
  await change(options, [targetArn], (transaction) =>
    mergeFault(transaction, { realm, targetArn, fault, injectedAt }),
  )
}

/** The job of this name or ARN, of whatever kind. @throws Refusal when there is none, or more than one */
async function findJob(
  options: FaultOptions,
  target: string,
): Promise<Pick<Located, 'place' | 'targetArn'> & { readonly faults: JobFaults }> {
  const nouns = options.jobs.map(({ kind }) => nounOf(kind)).join(' or ')
  const meant = options.jobs
    .map((faults) => ({ ...locate(options, target, faults.kind), faults }))
    .filter(({ kind, faults }) => kind === faults.kind)
  if (meant.length === 0) throw new Refusal(`'${target}' is the ARN of no ${nouns}`)
  const looked = meant.map(async ({ place, name, faults }) => {
    const targetArn = await faults.find({ ...place, name })
    return targetArn === undefined ? [] : [{ place, targetArn, faults }]
  })
  const [found, ...others] = (await Promise.all(looked)).flat()
  if (!found) {
    const region = meant[0]?.place.region
    throw new Refusal(
      `there is no ${nouns} '${target}' in ${region}: ./sagebrush status shows those that run, ` +
        'ListTrainingJobs and ListTransformJobs all',
    )
  }
  if (others.length === 0) return found
  const arns = [found, ...others].map(({ targetArn }) => targetArn).join(', ')
  throw new Refusal(`there is more than one job '${target}': give an ARN, one of ${arns}`)
}

async function clear(options: FaultOptions, target: string | undefined): Promise<void> {
  const kinds = ['endpoint', ...options.jobs.map(({ kind }) => kind)]
  const { place } = locate(options, target ?? '', 'endpoint')
  const targetArns =
    target === undefined ? undefined : kinds.map((kind) => locate(options, target, kind).targetArn)
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

/** What a name or an ARN is found to point to. */
interface Located {
  readonly place: Place
  /** As in ARNs. */
  readonly kind: string
  readonly name: string
  readonly targetArn: string
}

/** Where a name or an ARN points to, in the platform's own account and region unless the ARN says otherwise. */
function locate({ platform, presentRealm }: FaultOptions, target: string, kind: string): Located {
  const { account, region } = platform.config
  const isArn = target.startsWith('arn:')
  const targetArn = isArn ? target : `arn:aws:sagemaker:${region}:${account}:${kind}/${target}`
  const parts = partsOf(targetArn)
  if (parts.account !== account) {
    throw new Refusal(`'${target}' is not of account ${account}, which is this platform's`)
  }
  return {
    place: { account: parts.account, region: parts.region, realm: presentRealm(parts.account) },
    kind: parts.kind,
    name: parts.name,
    targetArn,
  }
}

function partsOf(arn: string) {
  const parts = parseArn(arn)
  const [kind = '', name = ''] = parts?.resource.split('/') ?? []
  if (!parts) throw new Refusal(`'${arn}' is no ARN`)
  return { account: parts.account, region: parts.region, kind, name }
}

/** `training-job` → `training job` */
function nounOf(kind: string): string {
  return kind.replaceAll('-', ' ')
}
