import type {
  CreateTransformJobCommandInput,
  DescribeTransformJobCommandOutput,
} from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { registerProgram } from '../../../../tests/support/program-image.ts'
import {
  startServer,
  type TestServer,
  type TestServerOptions,
} from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'

export type Change = Omit<
  Partial<CreateTransformJobCommandInput>,
  'TransformInput' | 'TransformOutput'
> & {
  readonly input?: Partial<NonNullable<CreateTransformJobCommandInput['TransformInput']>>
  readonly output?: Partial<NonNullable<CreateTransformJobCommandInput['TransformOutput']>>
}

/** A server with a bucket and a model whose container answers as its environment says. */
export interface Transformer {
  readonly server: TestServer
  readonly bucket: string
  /** Of the container, whatever its environment says. */
  readonly image: string
  newName(): string
  createModel(environment?: Record<string, string>): Promise<string>
  /** A request that would be accepted: all of `in/`, by lines, to `out/`. */
  request(modelName: string, change?: Change): CreateTransformJobCommandInput
  /** Begins a job. @returns its name */
  start(modelName: string, change?: Change): Promise<string>
  ended(name: string): Promise<DescribeTransformJobCommandOutput>
  run(modelName: string, change?: Change): Promise<DescribeTransformJobCommandOutput>
  put(key: string, content: string | Buffer): Promise<void>
  get(key: string): Promise<string>
  keys(prefix: string): Promise<readonly string[]>
  /** Of the container's stream, or of the data log. */
  logOf(name: string, which: 'container' | 'data'): Promise<readonly string[]>
  /** What the model was sent, payload by payload, as it printed it. */
  payloads(name: string): Promise<readonly string[]>
  close(): Promise<void>
}

/**
 * Answers each line with the sum of its fields, as CSV; records of JSON with their own sum. Lines that hold
 * `bad` are refused with 400, `crash` with 500, `die` ends it, `flaky` is refused once.
 * With DEAF these words mean nothing. With ECHO it answers what it was sent so often. Prints every payload.
 */
const PROGRAM = `#!/usr/bin/env python3
import json, os, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLD = {name: os.environ[name] for name in sorted(os.environ) if name.startswith("SAGEMAKER_")}
TOLD.pop("SAGEMAKER_BIND_TO_PORT", None)
print("environment " + json.dumps(TOLD), flush=True)
def say(line):
    # one write, or lines of several threads mix
    sys.stdout.write(line + "\\n")
    sys.stdout.flush()

flaky = set()
busy = 0
lock = threading.Lock()

def total(values):
    result = sum(float(value) for value in values)
    return int(result) if result == int(result) else result

def predict(body, content_type):
    if "ECHO" in os.environ:
        return "\\n".join([body] * int(os.environ["ECHO"]))
    if content_type == "application/json":
        record = json.loads(body)
        return json.dumps(total(record if isinstance(record, list) else record["features"]))
    if content_type == "application/jsonlines":
        records = [json.loads(line) for line in body.splitlines() if line]
        sums = [total(record if isinstance(record, list) else record["features"]) for record in records]
        return "\\n".join(json.dumps({"sum": value}) for value in sums)
    if content_type == "text/csv":
        return "\\n".join(str(total(line.split(","))) for line in body.splitlines() if line)
    return str(len(body))

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, content_type="text/csv"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/ping":
            return self.answer(200, b"")
        if "PARAMETERS" in os.environ and self.path == "/execution-parameters":
            return self.answer(200, os.environ["PARAMETERS"].encode(), "application/json")
        self.answer(404, b"")

    def read(self):
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while True:
            size = int(self.rfile.readline(), 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return b"chunked:" + body

    def do_POST(self):
        global busy
        body = self.read()
        with lock:
            busy += 1
            now = busy
        try:
            self.work(body, now)
        finally:
            with lock:
                busy -= 1

    def work(self, body, now):
        text = body.decode("latin1")
        headers = {"type": self.headers.get("Content-Type"), "accept": self.headers.get("Accept")}
        say("payload " + json.dumps({"body": text[:2000], "bytes": len(body), "busy": now, **headers}))
        time.sleep(float(os.environ.get("WORK_SECONDS", 0)))
        said = "" if "DEAF" in os.environ else text
        if "die" in said:
            os._exit(3)
        if "bad" in said:
            return self.answer(400, b"this record is bad")
        if "crash" in said:
            return self.answer(500, b"it crashed")
        if "flaky" in said and text not in flaky:
            flaky.add(text)
            return self.answer(500, b"once more")
        if "slow" in said and text not in flaky:
            flaky.add(text)
            time.sleep(3)
        answer = predict(text.replace("flaky", "0").replace("slow", "0"), self.headers.get("Content-Type"))
        self.answer(200, answer.encode("latin1"))

    def log_message(self, *_):
        pass

class Server(ThreadingHTTPServer):
    request_queue_size = 128

Server(("0.0.0.0", 8080), Handler).serve_forever()
`

export async function startTransformer(options: TestServerOptions = {}): Promise<Transformer> {
  const server = await startServer(options)
  const { sagemaker, s3, logs, roleArn } = server
  const image = await registerProgram(server, { name: 'transformer', program: PROGRAM })
  const bucket = `transformer-${newShortId(8)}`
  await s3.createBucket({ Bucket: bucket })

  const newName = (): string => `job-${newShortId(10)}`
  const request: Transformer['request'] = (modelName, { input, output, ...change } = {}) => ({
    TransformJobName: newName(),
    ModelName: modelName,
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${bucket}/in/` } },
      ContentType: 'text/csv',
      SplitType: 'Line',
      ...input,
    },
    TransformOutput: { S3OutputPath: `s3://${bucket}/out`, AssembleWith: 'Line', ...output },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    ...change,
  })
  const start: Transformer['start'] = async (modelName, change) => {
    const asked = request(modelName, change)
    await sagemaker.createTransformJob(asked)
    return asked.TransformJobName ?? ''
  }
  const ended: Transformer['ended'] = (name) =>
    eventually(
      async () => {
        const job = await sagemaker.describeTransformJob({ TransformJobName: name })
        return !['InProgress', 'Stopping'].includes(job.TransformJobStatus ?? '') && job
      },
      { timeoutMs: 60_000, what: `the end of ${name}` },
    )
  const logOf: Transformer['logOf'] = async (name, which) => {
    const { events = [] } = await logs.filterLogEvents({
      logGroupName: '/aws/sagemaker/TransformJobs',
      logStreamNamePrefix: `${name}/`,
    })
    return events
      .filter(({ logStreamName }) => logStreamName?.endsWith('/data-log') === (which === 'data'))
      .map(({ message = '' }) => message)
  }
  return {
    server,
    bucket,
    image,
    newName,
    createModel: async (environment) => {
      const ModelName = newName()
      await sagemaker.createModel({
        ModelName,
        ExecutionRoleArn: roleArn,
        PrimaryContainer: { Image: image, ...(environment && { Environment: environment }) },
      })
      return ModelName
    },
    request,
    start,
    ended,
    run: async (modelName, change) => ended(await start(modelName, change)),
    put: async (key, content) => {
      await s3.putObject({ Bucket: bucket, Key: key, Body: content })
    },
    get: async (key) => {
      const { Body } = await s3.getObject({ Bucket: bucket, Key: key })
      return (await Body?.transformToString()) ?? ''
    },
    keys: async (prefix) => {
      const { Contents = [] } = await s3.listObjectsV2({ Bucket: bucket, Prefix: prefix })
      return Contents.map(({ Key = '' }) => Key)
    },
    logOf,
    payloads: async (name) =>
      (await logOf(name, 'container'))
        .filter((line) => line.startsWith('payload '))
        .map((line) => line.slice('payload '.length)),
    close: () => server.close(),
  }
}
