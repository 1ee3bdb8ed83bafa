import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { DeploymentConfig } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import type { DeploymentRecord } from './deployment-control.ts'
import { type Host, startHost } from './hosting-fixture.ts'

let host: Host
let one: string
let two: string
let bad: string

before(async () => {
  host = await startHost({ config: { testControls: true } })
  await host.server.steering.freeze()
  one = await host.createModel({ VERSION: 'one' })
  two = await host.createModel({ VERSION: 'two' })
  bad = await host.createModel({ VERSION: 'bad', STATUS: '500' })
})
after(() => host.close())

const PERIOD_SECONDS = 60

/** An alarm on errors of one configuration of the endpoint. @returns its name */
async function errorAlarm(EndpointName: string, EndpointConfigName: string): Promise<string> {
  const AlarmName = `errors-${EndpointConfigName}`
  await host.server.cloudwatch.putMetricAlarm({
    AlarmName,
    Namespace: 'AWS/SageMaker',
    MetricName: 'Invocation5XXErrors',
    Dimensions: [
      { Name: 'EndpointName', Value: EndpointName },
      { Name: 'VariantName', Value: 'AllTraffic' },
      { Name: 'EndpointConfigName', Value: EndpointConfigName },
    ],
    Statistic: 'Average',
    Period: PERIOD_SECONDS,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
    ActionsEnabled: false,
  })
  return AlarmName
}

function canary(...alarmNames: readonly string[]): DeploymentConfig {
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type: 'CANARY',
        WaitIntervalInSeconds: 300,
        CanarySize: { Type: 'CAPACITY_PERCENT', Value: 50 },
      },
      TerminationWaitInSeconds: 120,
    },
    AutoRollbackConfiguration: { Alarms: alarmNames.map((AlarmName) => ({ AlarmName })) },
  }
}

async function update(
  name: string,
  EndpointConfigName: string,
  DeploymentConfig: DeploymentConfig,
): Promise<void> {
  await host.server.sagemaker.updateEndpoint({
    EndpointName: name,
    EndpointConfigName,
    DeploymentConfig,
  })
}

async function statusMessage(name: string): Promise<string> {
  const { PendingDeploymentSummary: pending } = await host.describe(name)
  return pending?.ProductionVariants?.[0]?.VariantStatus?.[0]?.StatusMessage ?? ''
}

async function baking(name: string, capacity: 'canary' | 'full'): Promise<void> {
  await eventually(async () =>
    new RegExp(`^Baking.*${capacity} capacity`).test(await statusMessage(name)),
  )
}

/** The last deployment's record, as a test suite gets it over HTTP. */
async function lastRecord(name: string): Promise<DeploymentRecord> {
  const response = await fetch(`${host.server.url}/_sagebrush/deployments?endpoint=${name}`)
  const { deployments } = (await response.json()) as { deployments: DeploymentRecord[] }
  const record = deployments.at(-1)
  assert.ok(record)
  return record
}

test('a bad canary puts the alarm on its errors into ALARM, and all traffic goes back', async () => {
  const name = await host.givenEndpoint(host.variant(one))
  const { EndpointConfigName: before } = await host.describe(name)
  const config = await host.createConfig(host.variant(bad))
  const alarm = await errorAlarm(name, config)
  await update(name, config, canary(alarm))
  await baking(name, 'canary')

  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => host.invoke(name)))
  const failures = outcomes.filter(({ status }) => status === 'rejected')
  assert.equal(failures.length, 10)
  await host.server.advance(2 * PERIOD_SECONDS * 1_000)

  const endpoint = await host.settled(name)
  assert.equal(endpoint.EndpointStatus, 'InService')
  assert.equal(endpoint.EndpointConfigName, before)
  assert.match(endpoint.FailureReason ?? '', new RegExp(`^Alarm\\(s\\) in ALARM state: ${alarm}`))
  assert.equal(await host.invoke(name), 'one')
  const record = await lastRecord(name)
  assert.equal(record.status, 'RolledBack')
  const rollback = record.decisions.find(({ decision }) => decision === 'RollbackStarted')
  const [seen] = (rollback?.alarms ?? []) as { stateReasonData: { recentDatapoints: number[] } }[]
  assert.deepEqual(seen?.stateReasonData.recentDatapoints, [1])
})

test('an alarm that stays OK lets the deployment pass, and its record says what it saw', async () => {
  const name = await host.givenEndpoint(host.variant(one))
  const config = await host.createConfig(host.variant(two))
  const alarm = await errorAlarm(name, config)
  await update(name, config, canary(alarm))
  await baking(name, 'canary')
  await Promise.all(Array.from({ length: 20 }, () => host.invoke(name)))

  await host.server.advance(300_000)
  await baking(name, 'full')
  await host.server.advance(120_000)

  assert.equal((await host.settled(name)).EndpointConfigName, config)
  const passed = (await lastRecord(name)).decisions.filter(
    ({ decision }) => decision === 'BakePassed',
  )
  assert.equal(passed.length, 2)
  const [seen] = (passed[0]?.alarms ?? []) as { alarmName: string; stateValue: string }[]
  assert.deepEqual([seen?.alarmName, seen?.stateValue], [alarm, 'OK'])
})

test('an alarm that is deleted during the bake is told in the record, and in the end of the bake', async () => {
  const name = await host.givenEndpoint(host.variant(one))
  const config = await host.createConfig(host.variant(two))
  const alarm = await errorAlarm(name, config)
  await update(name, config, canary(alarm))
  await baking(name, 'canary')
  await host.server.advance(60_000)

  await host.server.cloudwatch.deleteAlarms({ AlarmNames: [alarm] })
  const told = await eventually(async () =>
    (await lastRecord(name)).decisions.find(({ decision }) => decision === 'AlarmDeleted'),
  )
  await host.server.advance(240_000)
  await baking(name, 'full')

  assert.match(told.cause, new RegExp(`no alarm "${alarm}" any more`))
  const { decisions } = await lastRecord(name)
  const begun = decisions.find(({ decision }) => decision === 'BakeStarted')
  const passed = decisions.find(({ decision }) => decision === 'BakePassed')
  assert.equal(new Date(told.at).getTime() - new Date(begun?.at ?? 0).getTime(), 60_000)
  assert.match(passed?.cause ?? '', new RegExp(`since deleted: ${alarm}$`))
  assert.equal(decisions.filter(({ decision }) => decision === 'AlarmDeleted').length, 1)
})

test('SetAlarmState to ALARM in the termination wait still rolls back', async () => {
  const { cloudwatch, advance } = host.server
  const name = await host.givenEndpoint(host.variant(one))
  const { EndpointConfigName: before } = await host.describe(name)
  const config = await host.createConfig(host.variant(two))
  const AlarmName = await errorAlarm(name, config)
  await update(name, config, canary(AlarmName))
  await baking(name, 'canary')
  await advance(300_000)
  await baking(name, 'full')

  await cloudwatch.setAlarmState({ AlarmName, StateValue: 'ALARM', StateReason: 'a rehearsal' })

  const endpoint = await host.settled(name)
  assert.equal(endpoint.EndpointConfigName, before)
  assert.match(endpoint.FailureReason ?? '', /a rehearsal/)
  assert.equal(await host.invoke(name), 'one')
})

test('an alarm that is in ALARM already fails the update before anything is launched', async () => {
  const { cloudwatch } = host.server
  const name = await host.givenEndpoint(host.variant(one))
  const { EndpointConfigName: before } = await host.describe(name)
  const config = await host.createConfig(host.variant(two))
  const AlarmName = await errorAlarm(name, config)
  await cloudwatch.setAlarmState({ AlarmName, StateValue: 'ALARM', StateReason: 'a rehearsal' })

  await update(name, config, canary(AlarmName))

  const endpoint = await host.settled(name)
  assert.equal(endpoint.EndpointStatus, 'InService')
  assert.equal(endpoint.EndpointConfigName, before)
  assert.match(endpoint.FailureReason ?? '', /in ALARM state/)
  assert.equal((await host.tasks(name)).length, 1)
})
