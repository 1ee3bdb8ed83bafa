import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type {
  CreateEndpointConfigCommandInput,
  ProductionVariant,
  ProductionVariantServerlessConfig,
} from '@aws-sdk/client-sagemaker'
import type { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime'
import { eventually } from '../../../../tests/support/eventually.ts'
import { registerProgram } from '../../../../tests/support/program-image.ts'
import { type Host, startHost } from './hosting-fixture.ts'

/** Answers after as many seconds as the body says: who it is, when it began and ended, with how many at once. */
const PROGRAM = `#!/usr/bin/env python3
import json, os, time, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WHO = str(uuid.uuid4())
present = 0

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        global present
        began = time.time()
        present += 1
        at_once = present
        time.sleep(float(self.rfile.read(int(self.headers["Content-Length"]))))
        present -= 1
        said = {"who": WHO, "began": began, "ended": time.time(), "atOnce": at_once}
        self.answer(json.dumps(said).encode())

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
`

interface Answer {
  readonly who: string
  readonly began: number
  readonly ended: number
  readonly atOnce: number
}

const IDLE_MS = 900_000
let host: Host
let modelName: string
/** Throttling is what is looked for here: nothing is tried again. */
let gateways: readonly SageMakerRuntime[]

before(async () => {
  host = await startHost()
  const Image = await registerProgram(host.server, { name: 'timing', program: PROGRAM })
  modelName = await host.createModel(undefined, { PrimaryContainer: { Image } })
  const once = { maxAttempts: 1 }
  gateways = [host.server.clients(once).runtime, (await host.server.anotherGateway(once)).runtime]
})

after(() => host.close())

function variantOf(more: Partial<ProductionVariantServerlessConfig> = {}): ProductionVariant {
  return {
    VariantName: 'AllTraffic',
    ModelName: modelName,
    ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 2, ...more },
  }
}

async function invoke(
  name: string,
  options: { seconds?: number; gateway?: number } = {},
): Promise<Answer> {
  const { seconds = 0, gateway = 0 } = options
  const { Body } = (await gateways[gateway]?.invokeEndpoint({
    EndpointName: name,
    Body: String(seconds),
  })) ?? { Body: undefined }
  return JSON.parse(Buffer.from(Body ?? []).toString()) as Answer
}

async function taskCount(name: string): Promise<number> {
  return (await host.tasks(name)).length
}

/** Time passes without requests, so that no environment is left but those that are provisioned. */
async function idle(name: string, count = 0): Promise<void> {
  await host.server.advance(IDLE_MS)
  await host.server.advance(IDLE_MS)
  await eventually(async () => (await taskCount(name)) === count, {
    what: `${count} environments to be left`,
  })
}

test('a serverless endpoint rests without environments, and a request starts one and waits for it', async () => {
  const name = await host.givenEndpoint(variantOf())
  const { ProductionVariants } = await host.describe(name)
  assert.deepEqual(ProductionVariants?.[0]?.CurrentServerlessConfig, {
    MemorySizeInMB: 1024,
    MaxConcurrency: 2,
  })
  assert.deepEqual(
    ProductionVariants[0].DesiredServerlessConfig,
    ProductionVariants[0].CurrentServerlessConfig,
  )
  assert.equal(ProductionVariants[0].VariantStatus, undefined)
  const proving = await invoke(name)

  await idle(name)
  assert.equal((await host.describe(name)).EndpointStatus, 'InService')
  const cold = await invoke(name)
  const warm = await invoke(name)

  assert.notEqual(cold.who, proving.who)
  assert.equal(warm.who, cold.who)
  const setups = await eventually(async () => {
    const now = host.server.clock.now().getTime()
    const { Datapoints = [] } = await host.server.cloudwatch.getMetricStatistics({
      Namespace: 'AWS/SageMaker',
      MetricName: 'ModelSetupTime',
      Dimensions: [
        { Name: 'EndpointName', Value: name },
        { Name: 'VariantName', Value: 'AllTraffic' },
      ],
      StartTime: new Date(now - 3_600_000),
      EndTime: new Date(now + 3_600_000),
      Period: 3600,
      Statistics: ['SampleCount', 'Minimum'],
    })
    return Datapoints.length > 0 && Datapoints
  })
  assert.equal(setups[0]?.SampleCount, 1)
  assert.ok((setups[0].Minimum ?? 0) > 50_000, `${setups[0].Minimum} µs`)
})

test('each concurrent request has an environment of its own; one beyond MaxConcurrency is throttled', async () => {
  const name = await host.givenEndpoint(variantOf())

  const first = invoke(name, { seconds: 6 })
  const second = invoke(name, { seconds: 1 })
  await assert.rejects(invoke(name), (error: Error & { $metadata: { httpStatusCode: number } }) => {
    assert.equal(error.name, 'ThrottlingException')
    assert.equal(error.$metadata.httpStatusCode, 429)
    assert.match(error.message, /^Rate exceeded/)
    return true
  })
  const answers = [await first, await second]

  assert.equal(new Set(answers.map(({ who }) => who)).size, 2)
  assert.deepEqual(
    answers.map(({ atOnce }) => atOnce),
    [1, 1],
  )
  assert.equal(await taskCount(name), 2)
})

test('over two gateways never more requests are in work than MaxConcurrency', async () => {
  const name = await host.givenEndpoint(variantOf({ MaxConcurrency: 3 }))
  await Promise.all([0, 1, 0].map((gateway) => invoke(name, { seconds: 1, gateway })))
  const answers: Answer[] = []
  let throttled = 0
  const client = async (gateway: number): Promise<void> => {
    for (let round = 0; round < 20; round++) {
      try {
        answers.push(await invoke(name, { seconds: 0.03, gateway }))
      } catch (error) {
        assert.equal((error as Error).name, 'ThrottlingException')
        throttled++
      }
    }
  }

  await Promise.all([0, 1, 0, 1, 0, 1].map(client))

  assert.ok(throttled > 0)
  assert.ok(answers.length > 20, `${answers.length} answers`)
  assert.ok(answers.every(({ atOnce }) => atOnce === 1))
  const events = answers.flatMap(({ began, ended }) => [
    { at: began, by: 1 },
    { at: ended, by: -1 },
  ])
  let present = 0
  let most = 0
  for (const { by } of events.sort((a, b) => a.at - b.at || a.by - b.by)) {
    present += by
    most = Math.max(most, present)
  }
  assert.ok(most <= 3, `${most} at once`)
  assert.equal(await taskCount(name), 3)
})

test('as many clients as MaxConcurrency, one request after the other each, are never throttled', async () => {
  const name = await host.givenEndpoint(variantOf({ MaxConcurrency: 2 }))
  const client = async (): Promise<void> => {
    for (let round = 0; round < 50; round++) await invoke(name)
  }

  await Promise.all([client(), client()])
})

test('provisioned environments stay, and UpdateEndpointWeightsAndCapacities changes how many', async () => {
  const name = await host.givenEndpoint(variantOf({ ProvisionedConcurrency: 1 }))
  await idle(name, 1)
  const update = (config: { MaxConcurrency?: number; ProvisionedConcurrency?: number }) =>
    host.server.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: name,
      DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', ServerlessUpdateConfig: config }],
    })

  await assert.rejects(update({ ProvisionedConcurrency: 3 }), {
    name: 'ValidationException',
    message: /ProvisionedConcurrency is 3 and MaxConcurrency 2/,
  })
  await update({ ProvisionedConcurrency: 3, MaxConcurrency: 4 })
  assert.equal((await host.describe(name)).EndpointStatus, 'Updating')
  const { ProductionVariants } = await host.settled(name)

  assert.deepEqual(ProductionVariants?.[0]?.CurrentServerlessConfig, {
    MemorySizeInMB: 1024,
    MaxConcurrency: 4,
    ProvisionedConcurrency: 3,
  })
  assert.equal(await taskCount(name), 3)
})

test('Application Auto Scaling changes the provisioned concurrency', async () => {
  const name = await host.givenEndpoint(variantOf({ ProvisionedConcurrency: 1 }))

  const register = (MaxCapacity: number) =>
    host.server.autoScaling.registerScalableTarget({
      ServiceNamespace: 'sagemaker',
      ResourceId: `endpoint/${name}/variant/AllTraffic`,
      ScalableDimension: 'sagemaker:variant:DesiredProvisionedConcurrency',
      MinCapacity: 2,
      MaxCapacity,
    })

  await assert.rejects(register(3), {
    name: 'ValidationException',
    message: /MaxCapacity is 3, but the MaxConcurrency of .* is 2/,
  })
  await register(2)

  await eventually(async () => {
    const { EndpointStatus, ProductionVariants } = await host.describe(name)
    const present = ProductionVariants?.[0]?.CurrentServerlessConfig
    return EndpointStatus === 'InService' && present?.ProvisionedConcurrency === 2
  })
})

test('requests are counted by whether a provisioned environment was free for them', async () => {
  const name = await host.givenEndpoint(variantOf({ ProvisionedConcurrency: 1 }))
  const sumOf = async (what: string) => {
    const { Datapoints } = await host.server.cloudwatch.getMetricStatistics({
      Namespace: 'AWS/SageMaker',
      MetricName: `ServerlessProvisionedConcurrency${what}`,
      Dimensions: [
        { Name: 'EndpointName', Value: name },
        { Name: 'VariantName', Value: 'AllTraffic' },
      ],
      StartTime: new Date(host.server.clock.now().getTime() - 600_000),
      EndTime: new Date(host.server.clock.now().getTime() + 60_000),
      Period: 60,
      Statistics: ['Sum'],
    })
    return (Datapoints ?? []).reduce((sum, { Sum = 0 }) => sum + Sum, 0)
  }

  const counts = async () => [await sumOf('Invocations'), await sumOf('SpilloverInvocations')]
  const two = () => Promise.all([invoke(name, { seconds: 1 }), invoke(name, { seconds: 1 })])
  // until there are two environments the second request may be held until the first one is free
  await eventually(async () => {
    await two()
    return (await taskCount(name)) === 2
  })
  const before = await eventually(async () => {
    const present = await counts()
    return (present[0] ?? 0) >= 1 && present
  })

  await two()

  await eventually(async () => {
    const [provisioned = 0, spilled = 0] = await counts()
    return provisioned > (before[0] ?? 0) && spilled > (before[1] ?? 0)
  })
  await eventually(async () => (await sumOf('Executions')) > 0)
})

test('an update brings up a new environment before requests go to it, and loses none', async () => {
  const name = await host.givenEndpoint(variantOf())
  const before = await invoke(name)
  const EndpointConfigName = await host.createConfig(variantOf({ MemorySizeInMB: 2048 }))

  await host.server.sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName })
  const during = await invoke(name)
  const { ProductionVariants } = await host.settled(name)

  assert.ok(during.who)
  assert.equal(ProductionVariants?.[0]?.CurrentServerlessConfig?.MemorySizeInMB, 2048)
  assert.notEqual((await invoke(name)).who, before.who)
})

test('an endpoint on instances does not become serverless', async () => {
  const name = await host.givenEndpoint(host.variant(modelName))
  const EndpointConfigName = await host.createConfig(variantOf())

  await assert.rejects(
    host.server.sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName }),
    { name: 'ValidationException', message: /cannot be updated to a serverless one/ },
  )
})

const REFUSED: readonly {
  readonly why: string
  readonly variant?: () => Partial<ProductionVariant>
  readonly more?: () => Partial<CreateEndpointConfigCommandInput>
  readonly message: RegExp
}[] = [
  {
    why: 'an instance type',
    variant: () => ({ InstanceType: 'ml.m5.large' }),
    message: /InstanceType is given .* leave one of them out/,
  },
  {
    why: 'an instance count',
    variant: () => ({ InitialInstanceCount: 1 }),
    message: /InitialInstanceCount is given/,
  },
  {
    why: 'memory between the steps',
    variant: () => ({ ServerlessConfig: { MemorySizeInMB: 1500, MaxConcurrency: 1 } }),
    message: /MemorySizeInMB is 1500 .* give 1024, 2048/,
  },
  {
    why: 'more provisioned than usable',
    variant: () => ({
      ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 1, ProvisionedConcurrency: 2 },
    }),
    message: /must not be greater/,
  },
  {
    why: 'two variants',
    more: () => ({
      ProductionVariants: [variantOf(), { ...variantOf(), VariantName: 'Other' }],
    }),
    message: /There are 2 ProductionVariants, which is not supported with a ServerlessConfig/,
  },
  {
    why: 'a shadow variant',
    more: () => ({
      ShadowProductionVariants: [{ ...host.variant(modelName), VariantName: 'Shadow' }],
    }),
    message: /ShadowProductionVariants are given, which is not supported/,
  },
  {
    why: 'asynchronous inference',
    more: () => ({
      AsyncInferenceConfig: { OutputConfig: { S3OutputPath: `s3://${host.bucket}/out` } },
    }),
    message: /AsyncInferenceConfig is given/,
  },
  {
    why: 'data capture',
    more: () => ({
      DataCaptureConfig: {
        InitialSamplingPercentage: 50,
        DestinationS3Uri: `s3://${host.bucket}/capture`,
        CaptureOptions: [{ CaptureMode: 'Input' }],
      },
    }),
    message: /DataCaptureConfig is given/,
  },
  {
    why: 'network isolation',
    more: () => ({ EnableNetworkIsolation: true }),
    message: /EnableNetworkIsolation is given/,
  },
]
for (const { why, variant, more, message } of REFUSED) {
  test(`CreateEndpointConfig refuses a serverless variant with ${why}`, async () => {
    await assert.rejects(
      host.server.sagemaker.createEndpointConfig({
        EndpointConfigName: host.newName(),
        ProductionVariants: [{ ...variantOf(), ...variant?.() }],
        ...more?.(),
      }),
      { name: 'ValidationException', message },
    )
  })
}

test('CreateEndpointConfig refuses a serverless variant of several containers', async () => {
  const container = { Image: host.image }
  const several = await host.createModel(undefined, {
    PrimaryContainer: undefined,
    Containers: [container, container],
  })
  await assert.rejects(
    host.createConfig({ ...variantOf(), ModelName: several }),
    /Model ".*" has 2 containers, which is not supported with a ServerlessConfig/,
  )
})
