import { gzipSync } from 'node:zlib'
import type {
  CreateModelCommandInput,
  DescribeEndpointCommandOutput,
  ProductionVariant,
} from '@aws-sdk/client-sagemaker'
import { pack } from 'tar-stream'
import { eventually } from '../../../../tests/support/eventually.ts'
import { registerProgram } from '../../../../tests/support/program-image.ts'
import {
  startServer,
  type TestServer,
  type TestServerOptions,
} from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import type { TaskSummary } from '../../platform/engines/engine.ts'

/** A server with a bucket and an image that serves as the model's environment says. */
export interface Host {
  readonly server: TestServer
  readonly bucket: string
  readonly image: string
  newName(): string
  /** @returns the new model's name */
  createModel(
    environment?: Record<string, string>,
    more?: Partial<CreateModelCommandInput>,
  ): Promise<string>
  variant(modelName: string, more?: Partial<ProductionVariant>): ProductionVariant
  /** @returns the new configuration's name */
  createConfig(...variants: readonly ProductionVariant[]): Promise<string>
  /** Begins an endpoint. @returns its name */
  createEndpoint(...variants: readonly ProductionVariant[]): Promise<string>
  /** An endpoint that is in service. @returns its name */
  givenEndpoint(...variants: readonly ProductionVariant[]): Promise<string>
  describe(name: string): Promise<DescribeEndpointCommandOutput>
  /** When its status is one that rests. */
  settled(name: string): Promise<DescribeEndpointCommandOutput>
  gone(name: string): Promise<void>
  invoke(name: string, options?: { body?: string; variant?: string }): Promise<string>
  /** The endpoint's tasks that the engine knows of. */
  tasks(name: string): Promise<readonly TaskSummary[]>
  putArchive(key: string, files: Record<string, string>): Promise<string>
  close(): Promise<void>
}

/**
 * Answers invocations with the file `answer` of the model, or else VERSION, after WORK_SECONDS; `die` ends
 * it. START_SECONDS delays it, EXIT_CODE ends it at once, STATUS is what it answers with, PING_STATUS to pings.
 */
const PROGRAM = `#!/usr/bin/env python3
import os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

print("serving", flush=True)
time.sleep(float(os.environ.get("START_SECONDS", 0)))
if "EXIT_CODE" in os.environ:
    sys.exit(int(os.environ["EXIT_CODE"]))
ANSWER = os.environ.get("VERSION", "1")
if os.path.exists("/opt/ml/model/answer"):
    ANSWER = open("/opt/ml/model/answer").read()

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(int(os.environ.get("PING_STATUS", 200)), b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if body == b"die":
            os._exit(3)
        time.sleep(float(os.environ.get("WORK_SECONDS", 0)))
        self.answer(int(os.environ.get("STATUS", 200)), ANSWER.encode())

    def log_message(self, *_):
        pass

class Server(ThreadingHTTPServer):
    request_queue_size = 128

Server(("0.0.0.0", 8080), Handler).serve_forever()
`

export async function startHost(options: TestServerOptions = {}): Promise<Host> {
  const server = await startServer(options)
  const { sagemaker, s3, runtime, roleArn } = server
  const image = await registerProgram(server, { name: 'host', program: PROGRAM })
  const bucket = `host-${newShortId(8)}`
  await s3.createBucket({ Bucket: bucket })

  const newName = (): string => `host-${newShortId(10)}`
  const createConfig: Host['createConfig'] = async (...variants) => {
    const EndpointConfigName = newName()
    await sagemaker.createEndpointConfig({ EndpointConfigName, ProductionVariants: [...variants] })
    return EndpointConfigName
  }
  const createEndpoint: Host['createEndpoint'] = async (...variants) => {
    const EndpointName = newName()
    const EndpointConfigName = await createConfig(...variants)
    await sagemaker.createEndpoint({ EndpointName, EndpointConfigName })
    return EndpointName
  }
  const describe: Host['describe'] = (name) => sagemaker.describeEndpoint({ EndpointName: name })
  const settled: Host['settled'] = (name) =>
    eventually(
      async () => {
        const endpoint = await describe(name)
        return (
          !['Creating', 'Updating', 'RollingBack', 'Deleting'].includes(
            endpoint.EndpointStatus ?? '',
          ) && endpoint
        )
      },
      { timeoutMs: 60_000, what: `endpoint ${name} to rest` },
    )
  return {
    server,
    bucket,
    image,
    newName,
    createModel: async (environment, more = {}) => {
      const ModelName = newName()
      await sagemaker.createModel({
        ModelName,
        ExecutionRoleArn: roleArn,
        PrimaryContainer: { Image: image, ...(environment && { Environment: environment }) },
        ...more,
      })
      return ModelName
    },
    variant: (modelName, more = {}) => ({
      VariantName: 'AllTraffic',
      ModelName: modelName,
      InstanceType: 'ml.m5.large',
      InitialInstanceCount: 1,
      ...more,
    }),
    createConfig,
    createEndpoint,
    givenEndpoint: async (...variants) => {
      const name = await createEndpoint(...variants)
      const { EndpointStatus, FailureReason } = await settled(name)
      if (EndpointStatus !== 'InService') throw new Error(`${EndpointStatus}: ${FailureReason}`)
      return name
    },
    describe,
    settled,
    gone: async (name) => {
      await eventually(
        async () =>
          describe(name).then(
            () => false,
            (error: Error) => error.message.startsWith('Could not find endpoint'),
          ),
        { what: `the end of endpoint ${name}` },
      )
    },
    invoke: async (name, { body = 'x', variant } = {}) => {
      const { Body } = await runtime.invokeEndpoint({
        EndpointName: name,
        Body: body,
        ...(variant !== undefined && { TargetVariant: variant }),
      })
      return Buffer.from(Body ?? []).toString()
    },
    tasks: async (name) =>
      (await server.platform.engine.list()).filter((task) => task.name === name),
    putArchive: async (key, files) => {
      const archive = pack()
      for (const [path, content] of Object.entries(files)) archive.entry({ name: path }, content)
      archive.finalize()
      const chunks: Buffer[] = []
      for await (const chunk of archive) chunks.push(chunk as Buffer)
      await s3.putObject({ Bucket: bucket, Key: key, Body: gzipSync(Buffer.concat(chunks)) })
      return `s3://${bucket}/${key}`
    },
    close: () => server.close(),
  }
}
