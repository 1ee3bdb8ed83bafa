import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { runPython, type StartedPlatform, startPlatform } from '../support/platform.ts'

let platform: StartedPlatform

before(async () => {
  platform = await startPlatform('--test-controls')
})
after(() => platform[Symbol.asyncDispose]())

const SERVE = `#!/usr/bin/env python3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
`

async function givenEndpoint(name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sgb-image-'))
  await mkdir(join(folder, 'bin'))
  await writeFile(join(folder, 'bin', 'serve'), SERVE, { mode: 0o755 })
  await platform.cli('image', 'add', name, folder)
  await rm(folder, { recursive: true, maxRetries: 10 })
  const { sagemaker, roleArn } = platform
  const Image = `123456789012.dkr.ecr.us-east-1.amazonaws.com/${name}:latest`
  await sagemaker.createModel({
    ModelName: name,
    ExecutionRoleArn: roleArn,
    PrimaryContainer: { Image },
  })
  const variant = { VariantName: 'AllTraffic', ModelName: name, InitialInstanceCount: 1 }
  await sagemaker.createEndpointConfig({
    EndpointConfigName: name,
    ProductionVariants: [{ ...variant, InstanceType: 'ml.m5.large' }],
  })
  await sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name })
  await eventually(
    async () =>
      (await sagemaker.describeEndpoint({ EndpointName: name })).EndpointStatus === 'InService',
  )
}

test('inject makes an endpoint fail until it is cleared, and status shows it', async () => {
  await givenEndpoint('churn')
  const invoke = () => platform.runtime.invokeEndpoint({ EndpointName: 'churn', Body: 'x' })
  await invoke()

  const shown = await platform.cli(
    'inject',
    'endpoint',
    'churn',
    '--error-rate',
    '1',
    '--status',
    '418',
  )

  assert.match(shown, /endpoint +churn +- +errorRate 1, errorStatus 418/)
  await assert.rejects(invoke(), { name: 'ModelError', OriginalStatusCode: 418 })
  assert.match(await platform.cli('status'), /errorRate 1, errorStatus 418/)
  const { faults } = JSON.parse(await platform.cli('status', '--json')) as { faults: object[] }
  assert.equal(faults.length, 1)
  assert.match(await platform.cli('inject', 'clear', 'churn'), /nothing is injected/)
  await invoke()
  await assert.rejects(
    platform.cli('inject', 'endpoint', 'nobody', '--crash'),
    /no endpoint 'nobody'/,
  )
  await assert.rejects(platform.cli('inject', 'endpoint', 'churn'), /give at least one of/)
})

test('what boto3 signed before the clock was put ahead is older after it; what it signs now is new', async () => {
  const output = await runPython(platform, ['tests/journeys/python/clock_and_signatures.py'])

  assert.match(output, /before: 200 200/)
  assert.match(output, /made before: 403/)
  assert.match(output, /made after: 200/)
  assert.match(output, /of version 2: 200/)
  assert.match(output, /session: ExpiredToken/)
  assert.match(output, /bucket: 1/)
})
