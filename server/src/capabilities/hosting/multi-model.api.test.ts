import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { registerProgram } from '../../../../tests/support/program-image.ts'
import { newShortId } from '../../base/ids.ts'
import { readMetricPeriods } from '../metrics/index.ts'
import { type Host, startHost } from './hosting-fixture.ts'

let host: Host
before(async () => {
  host = await startHost()
  await registerProgram(host.server, { name: 'many', program: PROGRAM })
})
after(() => host.close())

/** Holds as many models as ROOM says; a model answers with the text in its file, `die` ends the container. */
const PROGRAM = `#!/usr/bin/env python3
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOM = int(os.environ.get("ROOM", 100))
MODELS = {}

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200)

    def do_DELETE(self):
        self.answer(200 if MODELS.pop(self.path.split("/")[2], None) else 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if body == b"die":
            os._exit(3)
        if self.path == "/models":
            asked = json.loads(body)
            if len(MODELS) >= ROOM:
                return self.answer(507)
            with open(os.path.join(asked["url"], "answer")) as file:
                MODELS[asked["model_name"]] = file.read()
            return self.answer(200)
        model = MODELS.get(self.path.split("/")[2])
        if model is None:
            return self.answer(404)
        self.answer(200, (model + " of " + str(len(MODELS))).encode())

    def log_message(self, *_):
        pass

class Server(ThreadingHTTPServer):
    request_queue_size = 128

Server(("0.0.0.0", 8080), Handler).serve_forever()
`

interface ManyModels {
  readonly endpointName: string
  put(model: string, answer?: string): Promise<void>
  invoke(model: string | undefined, body?: string): Promise<string>
}

async function givenManyModels(environment: Record<string, string> = {}): Promise<ManyModels> {
  const { sagemaker, runtime, config, roleArn } = host.server
  const prefix = `models-${newShortId(8)}`
  const ModelName = host.newName()
  await sagemaker.createModel({
    ModelName,
    ExecutionRoleArn: roleArn,
    PrimaryContainer: {
      Image: `${config.account}.dkr.ecr.${config.region}.amazonaws.com/many:latest`,
      ModelDataUrl: `s3://${host.bucket}/${prefix}/`,
      Mode: 'MultiModel',
      Environment: environment,
    },
  })
  const endpointName = await host.givenEndpoint(host.variant(ModelName))
  return {
    endpointName,
    put: async (model, answer = model) => {
      await host.putArchive(`${prefix}/${model}`, { answer })
    },
    invoke: async (model, body = 'x') => {
      const { Body } = await runtime.invokeEndpoint({
        EndpointName: endpointName,
        Body: body,
        ...(model !== undefined && { TargetModel: model }),
      })
      return Buffer.from(Body ?? []).toString()
    },
  }
}

test('a model that is added after the deployment is fetched and loaded when first asked for', async () => {
  const many = await givenManyModels()
  await many.put('one.tar.gz')
  await many.put('folder/two.tar.gz')
  assert.equal(await many.invoke('one.tar.gz'), 'one.tar.gz of 1')
  assert.equal(await many.invoke('folder/two.tar.gz'), 'folder/two.tar.gz of 2')
  assert.equal(await many.invoke('one.tar.gz'), 'one.tar.gz of 2')
})

test('where there is room for two models the one used least recently goes, and comes again', async () => {
  const many = await givenManyModels({ ROOM: '2' })
  for (const model of ['a', 'b', 'c']) await many.put(model)
  for (const model of ['a', 'b', 'a', 'c', 'b', 'a']) {
    assert.match(await many.invoke(model), new RegExp(`^${model} of [12]$`))
  }
})

test('a container that ended is started again, and loads what requests ask for', async () => {
  const many = await givenManyModels()
  await many.put('a')
  assert.equal(await many.invoke('a'), 'a of 1')
  await assert.rejects(many.invoke('a', 'die'), { name: 'ModelError' })
  await eventually(async () => (await many.invoke('a')) === 'a of 1', { what: 'the model again' })
})

test('a request without TargetModel, for a model that is not there, or out of the prefix is refused', async () => {
  const many = await givenManyModels()
  await assert.rejects(many.invoke(undefined), {
    name: 'ValidationError',
    message: /give TargetModel/,
  })
  await assert.rejects(many.invoke('nothing.tar.gz'), {
    name: 'ValidationError',
    message: /^Failed to download model data\(bucket: .*nothing\.tar\.gz\)/,
  })
  await assert.rejects(many.invoke('../secret.tar.gz'), {
    name: 'ValidationError',
    message: /leads out of its prefix/,
  })
  const single = await host.givenEndpoint(host.variant(await host.createModel()))
  await assert.rejects(
    host.server.runtime.invokeEndpoint({ EndpointName: single, Body: 'x', TargetModel: 'a' }),
    { name: 'ValidationError', message: /not in Mode MultiModel/ },
  )
})

test('what is no archive, and a model that the container cannot load, are told', async () => {
  const many = await givenManyModels()
  const { s3 } = host.server
  const described = await host.describe(many.endpointName)
  assert.equal(described.EndpointStatus, 'InService')
  await many.put('good')
  await many.invoke('good')
  const listed = await s3.listObjectsV2({ Bucket: host.bucket })
  const key = listed.Contents?.find(({ Key }) => Key?.endsWith('/good'))?.Key ?? ''
  await s3.putObject({ Bucket: host.bucket, Key: key.replace('good', 'text'), Body: 'no archive' })
  await assert.rejects(many.invoke('text'), {
    name: 'ValidationError',
    message: /is no model\.tar\.gz/,
  })
  await host.putArchive(key.replace('good', 'empty'), { other: 'x' })
  await assert.rejects(many.invoke('empty'), { name: 'ModelError' })
  assert.equal(await many.invoke('good'), 'good of 1')
})

test('hits, loading times and the number of loaded models are metrics of the variant', async () => {
  const many = await givenManyModels()
  await many.put('a')
  for (let request = 0; request < 4; request++) await many.invoke('a')
  const { platform, clock, config } = host.server
  const { database } = platform
  const now = clock.now().getTime()
  const statistic = async (namespace: string, metricName: string) => {
    const rows = await database.query<{ realm: number }>('select max(realm) as realm from realm')
    const place = { realm: rows[0]?.realm ?? 0, account: config.account, region: config.region }
    const dimensions = { EndpointName: many.endpointName, VariantName: 'AllTraffic' }
    const [period] = await readMetricPeriods(database, place, {
      metric: { namespace, metricName, dimensions },
      periodSeconds: 1_200,
      startTime: new Date(now - 600_000),
      endTime: new Date(now + 600_000),
    })
    return period
  }
  const hits = await eventually(
    async () => {
      const found = await statistic('AWS/SageMaker', 'ModelCacheHit')
      return found?.sampleCount === 4 && found
    },
    { what: 'four requests’ hits' },
  )
  assert.equal(hits.sum, 3)
  assert.ok((await statistic('AWS/SageMaker', 'ModelLoadingWaitTime'))?.sum)
  assert.equal((await statistic('/aws/sagemaker/Endpoints', 'LoadedModelCount'))?.maximum, 1)
})
