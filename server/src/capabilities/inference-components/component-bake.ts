import type { Platform } from '../../platform/scope.ts'
import { type AlarmReading, readAlarms, settleAlarms } from '../alarms/index.ts'
import { watchEndpoint } from '../hosting/index.ts'
import { readInferenceComponent } from './inference-component.store.ts'
import type { ComponentPlan, InferenceComponent } from './inference-component.ts'
import type { ComponentKey, ComponentOutcome } from './inference-component.workflow.ts'

/** Whether an alarm that the change names is in ALARM at its beginning. */
export async function checkAlarms(
  platform: Platform,
  { componentId }: ComponentKey,
): Promise<ComponentOutcome> {
  const component = await readInferenceComponent(platform.database, componentId)
  if (!component?.plan) return { outcome: 'Gone' }
  const failureReason = await trippedAlarms(platform, component, component.plan)
  return failureReason === undefined ? { outcome: 'Passed' } : { outcome: 'Failed', failureReason }
}

/** When the wait of a phase that begins now is over, or the change has no more time. */
export async function beginBake(
  { database, clock }: Platform,
  { componentId }: ComponentKey,
): Promise<string> {
  const component = await readInferenceComponent(database, componentId)
  const now = clock.now()
  const { waitSeconds, deadline } = component?.plan ?? { waitSeconds: 0, deadline: now }
  const over = now.getTime() + waitSeconds * 1_000
  return new Date(Math.min(over, new Date(deadline).getTime())).toISOString()
}

/** Until then, or until an alarm is in ALARM. */
export async function bakeComponent(
  platform: Platform,
  { componentId, revision }: ComponentKey,
  until: Date,
): Promise<ComponentOutcome> {
  const component = await readInferenceComponent(platform.database, componentId)
  const plan = component?.plan
  if (component?.revision !== revision || !plan) return { outcome: 'Gone' }
  const subscriptions = await followAlarms(platform, component, plan)
  try {
    const found = await watchEndpoint<ComponentOutcome, ComponentOutcome>(
      platform,
      component.endpointId,
      {
        gone: { outcome: 'Gone' },
        until,
        look: async () => {
          const tripped = await trippedAlarms(platform, component, plan)
          const now = platform.clock.now()
          const failureReason = tripped ?? objectionTo(plan, now)
          if (failureReason !== undefined) return { outcome: 'Failed', failureReason }
          return now >= until ? { outcome: 'Passed' } : undefined
        },
      },
    )
    if (found) return found
    const failureReason = objectionTo(plan, platform.clock.now())
    if (failureReason !== undefined) return { outcome: 'Failed', failureReason }
    return { outcome: 'Passed' }
  } finally {
    for (const subscription of subscriptions) subscription[Symbol.dispose]()
  }
}

/** Why a change goes back though its copies are sound; undefined when nothing is against it. */
export function objectionTo(
  { deadline, timeoutSeconds }: ComponentPlan,
  now: Date,
): string | undefined {
  if (now < new Date(deadline)) return undefined
  return (
    'The deployment did not complete within its MaximumExecutionTimeoutInSeconds of ' +
    `${timeoutSeconds} and was rolled back.`
  )
}

async function trippedAlarms(
  platform: Platform,
  { place }: InferenceComponent,
  { alarmNames }: ComponentPlan,
): Promise<string | undefined> {
  if (alarmNames.length === 0) return undefined
  const inAlarm = (alarms: readonly AlarmReading[]) =>
    alarms.filter(({ stateValue }) => stateValue === 'ALARM')
  const standing = inAlarm(await readAlarms(platform.database, place, alarmNames))
  const tripped =
    standing.length > 0 ? standing : inAlarm(await settleAlarms(platform, place, alarmNames))
  if (tripped.length === 0) return undefined
  const said = tripped.map(({ alarmName, stateReason }) => `${alarmName} (${stateReason})`)
  return `Alarm(s) in ALARM state: ${said.join('; ')}. The deployment was rolled back.`
}

/** An alarm that changes is a reason to look at the endpoint. */
async function followAlarms(
  { database, changes }: Platform,
  { place, endpointArn }: InferenceComponent,
  { alarmNames }: ComponentPlan,
): Promise<readonly Disposable[]> {
  if (alarmNames.length === 0) return []
  const alarms = await readAlarms(database, place, alarmNames)
  return alarms.map(({ alarmArn }) =>
    changes.subscribe(alarmArn, (topic) => {
      if (topic === undefined || topic === alarmArn) changes.hint(endpointArn)
    }),
  )
}
