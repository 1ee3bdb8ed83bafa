import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { startHost } from '../../capabilities/hosting/hosting-fixture.ts'

const MINUTE_MS = 60_000
const host = await startHost({ config: { testControls: true } })
after(() => host.close())
const { server, variant } = host

test('a canary of minutes is over in seconds, at the very instant that its waits add up to', async () => {
  const blue = await host.createModel({ VERSION: 'blue' })
  const green = await host.createModel({ VERSION: 'green', START_SECONDS: '1' })
  const name = await host.givenEndpoint(variant(blue, { InitialInstanceCount: 2 }))
  await server.steering.freeze()
  const beganAt = server.clock.now()

  await server.sagemaker.updateEndpoint({
    EndpointName: name,
    EndpointConfigName: await host.createConfig(variant(green, { InitialInstanceCount: 2 })),
    DeploymentConfig: {
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: {
          Type: 'CANARY',
          CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 },
          WaitIntervalInSeconds: 300,
        },
        TerminationWaitInSeconds: 120,
      },
    },
  })
  await server.advance(MINUTE_MS)
  const answers: string[] = []
  for (let count = 0; count < 10; count++) answers.push(await host.invoke(name))
  await server.advance(9 * MINUTE_MS)
  const endpoint = await host.describe(name)

  assert.ok(answers.includes('blue') && answers.includes('green'), answers.join(' '))
  assert.equal(endpoint.EndpointStatus, 'InService')
  assert.equal(await host.invoke(name), 'green')
  const tookMs = (endpoint.LastModifiedTime?.getTime() ?? 0) - beganAt.getTime()
  assert.equal(tookMs, 7 * MINUTE_MS)
})

test('a canary that fails by an injected fault is rolled back by its alarm, in seconds', async () => {
  const blue = await host.createModel({ VERSION: 'blue' })
  const green = await host.createModel({ VERSION: 'green' })
  const name = await host.givenEndpoint(variant(blue, { InitialInstanceCount: 2 }))
  const { EndpointConfigName: blueConfig } = await host.describe(name)
  const greenConfig = await host.createConfig(variant(green, { InitialInstanceCount: 2 }))
  const AlarmName = host.newName()
  await server.cloudwatch.putMetricAlarm({
    AlarmName,
    Namespace: 'AWS/SageMaker',
    MetricName: 'Invocation5XXErrors',
    Dimensions: [
      { Name: 'EndpointName', Value: name },
      { Name: 'VariantName', Value: 'AllTraffic' },
    ],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 2,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  })
  await server.steering.freeze()
  await fetch(`${server.url}/_sagebrush/inject`, {
    method: 'POST',
    body: JSON.stringify({ endpoint: name, config: greenConfig, errorRate: 1, status: 500 }),
  })

  await server.sagemaker.updateEndpoint({
    EndpointName: name,
    EndpointConfigName: greenConfig,
    DeploymentConfig: {
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: {
          Type: 'CANARY',
          CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 },
          WaitIntervalInSeconds: 600,
        },
      },
      AutoRollbackConfiguration: { Alarms: [{ AlarmName }] },
    },
  })
  const statuses: (string | undefined)[] = []
  for (let minute = 1; minute <= 6; minute++) {
    await server.advance(MINUTE_MS)
    const status = (await host.describe(name)).EndpointStatus
    statuses.push(status)
    if (status === 'InService') break
    for (let count = 0; count < 10; count++) await host.invoke(name).catch(() => undefined)
  }
  const endpoint = await host.describe(name)

  assert.equal(endpoint.EndpointStatus, 'InService', statuses.join(' '))
  assert.equal(endpoint.EndpointConfigName, blueConfig)
  for (let count = 0; count < 10; count++) assert.equal(await host.invoke(name), 'blue')
})
