import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { newShortId } from '../../server/src/base/ids.ts'
import { atLeastTimesPeer } from '../goal.ts'
import { type BenchPlatform, startBenchPlatform } from '../platform.ts'
import { peerEnvironment, xgboostRuntime } from '../python.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'
import { startContainer, trainModel } from '../script-mode.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { BUCKET, waiterClient } from '../training.ts'

const ROWS = 1_000_000
const WORKERS = 2
const PAYLOAD_MB = 6
const IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.5-1'
/** The model's script says the rest; what it is told is the same on both sides. */
const ENVIRONMENT = {
  SAGEMAKER_PROGRAM: 'inference.py',
  SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code',
  SAGEMAKER_MODEL_SERVER_WORKERS: String(WORKERS),
}

export const row: Row = {
  name: 'transform',
  summary: `a transform job over ${ROWS.toLocaleString('en')} rows of CSV beside the same container under a client that has all payloads ready`,
  programs: ['tar'],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using folder = await temporaryFolder()
    const runtime = await xgboostRuntime(bench.say)
    const { modelDir, row: line } = await trainModel(await peerEnvironment(bench.say), folder.path)
    const data = Buffer.from(`${line}\n`.repeat(ROWS))
    // as a task's container listens, which takes large payloads faster than a port does
    const socketPath = join(folder.path, 'serve.sock')
    const environment = {
      SAGEMAKER_BATCH: 'true',
      SAGEMAKER_MAX_PAYLOAD_IN_MB: String(PAYLOAD_MB),
    }
    await using _container = await startContainer(runtime, {
      folder: folder.path,
      address: { socketPath },
      workers: WORKERS,
      environment,
    })
    await using platform = await startBenchPlatform()
    await upload(platform, { modelDir, folder: folder.path, line, data })
    const payloads = cut(data)

    const { ours, peer } = await takeTurns(bench, {
      ours: async () => {
        const one = await timed(() => transform(platform, 'one/'))
        const all = await timed(() => transform(platform, 'all/'))
        return { rate: ROWS / ((all - one) / 1000), wholeMs: all }
      },
      peer: async () => {
        const wholeMs = await timed(() => sendAll(socketPath, payloads))
        return { rate: ROWS / (wholeMs / 1000), wholeMs }
      },
      show: ({ rate, wholeMs }) => `${Math.round(rate)} rows/s, ${(wholeMs / 1000).toFixed(1)} s`,
    })
    return [
      {
        what: `transform job, 10⁶ rows of CSV (${Math.round(data.length / 1e6)} MB), XGBoost, vs a perfect client`,
        unit: 'rows/s',
        ours: ours.map(({ rate }) => rate),
        peer: peer.map(({ rate }) => rate),
        goal: atLeastTimesPeer(0.7),
        note: 'of a job, what the rows take more than one row does: both have the container running',
      },
      {
        what: 'the same, from CreateTransformJob to Completed',
        unit: 's',
        ours: ours.map(({ wholeMs }) => wholeMs / 1000),
        peer: [],
      },
    ]
  },
}

async function upload(
  { s3, sagemaker, roleArn }: BenchPlatform,
  files: { modelDir: string; folder: string; line: string; data: Buffer },
): Promise<void> {
  const archive = join(files.folder, 'model.tar.gz')
  execFileSync('tar', ['czf', archive, '-C', files.modelDir, '.'])
  await s3.createBucket({ Bucket: BUCKET })
  const put = (Key: string, Body: Buffer | string) => s3.putObject({ Bucket: BUCKET, Key, Body })
  await put('model.tar.gz', await readFile(archive))
  await put('one/data.csv', `${files.line}\n`)
  await put('all/data.csv', files.data)
  await sagemaker.createModel({
    ModelName: 'bench',
    ExecutionRoleArn: roleArn,
    PrimaryContainer: {
      Image: IMAGE,
      ModelDataUrl: `s3://${BUCKET}/model.tar.gz`,
      Environment: ENVIRONMENT,
    },
  })
}

/** @throws Error with the reason when the job does not complete, or an answer is missing */
async function transform(platform: BenchPlatform, prefix: string): Promise<void> {
  const client = waiterClient(platform)
  const TransformJobName = `bench-${newShortId(12)}`
  await client.createTransformJob({
    TransformJobName,
    ModelName: 'bench',
    MaxConcurrentTransforms: WORKERS,
    MaxPayloadInMB: PAYLOAD_MB,
    BatchStrategy: 'MultiRecord',
    TransformInput: {
      DataSource: {
        S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${BUCKET}/${prefix}` },
      },
      ContentType: 'text/csv',
      SplitType: 'Line',
    },
    TransformOutput: {
      S3OutputPath: `s3://${BUCKET}/out/${prefix}`,
      AssembleWith: 'Line',
      Accept: 'text/csv',
    },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
  })
  let status: string | undefined = 'InProgress'
  while (status === 'InProgress') {
    const job = await client.describeTransformJob({ TransformJobName })
    status = job.TransformJobStatus
    if (status === 'Failed') throw new Error(job.FailureReason)
  }
  client.destroy()
}

/** Payloads of whole lines, as large as the job's. */
function cut(data: Buffer): Buffer[] {
  const payloads: Buffer[] = []
  for (let from = 0; from < data.length; ) {
    const end = data.lastIndexOf(10, from + PAYLOAD_MB * 2 ** 20)
    payloads.push(data.subarray(from, end))
    from = end + 1
  }
  return payloads
}

async function sendAll(socketPath: string, payloads: readonly Buffer[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS })
  let next = 0
  const send = async (): Promise<void> => {
    for (let index = next++; index < payloads.length; index = next++) {
      await post({ agent, socketPath }, payloads[index] ?? Buffer.alloc(0))
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, send))
  agent.destroy()
}

function post(to: { agent: Agent; socketPath: string }, body: Buffer): Promise<void> {
  const headers = {
    'content-type': 'text/csv',
    accept: 'text/csv',
    'content-length': body.length,
  }
  return new Promise((resolve, reject) => {
    const asked = request({ ...to, method: 'POST', path: '/invocations', headers }, (response) => {
      response.resume()
      response.once('end', () =>
        response.statusCode === 200
          ? resolve()
          : reject(new Error(`the container answered ${response.statusCode}`)),
      )
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = monotonicMs()
  await work()
  return monotonicMs() - startMs
}
