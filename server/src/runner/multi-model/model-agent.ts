import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import { createServer } from '../../base/http.ts'
import { readJsonSync, type UsageSample } from '../../platform/engines/process/task-directory.ts'
import { diskBytesOf } from '../resource-usage.ts'
import type { TaskRun } from '../run-task.ts'
import { getObject, S3Fault } from '../s3.ts'
import { TaskFailure } from '../task-failure.ts'
import { unpackArchive } from '../unpack-archive.ts'
import { createContainerModels } from './container-models.ts'
import { createLoadedModels, type ModelShelf, NoRoomForModel } from './loaded-models.ts'
import { createModelFigures } from './model-figures.ts'

/** The socket on which the gateway reaches a replica that holds many models. */
export const MODELS_SOCKET = 'models.sock'
/** Where a container finds its models, each in a folder of its own. */
const MODELS_FOLDER = 'models'
/** A caller whose model is not loaded by then is asked to come again; loading goes on. */
const LOADING_MS_MAX = 55_000
/** Models are unloaded before another is loaded while the container takes more of its memory. */
const MEMORY_PERCENT_MAX = 75
/** Of the volume, for the models' files. */
const DISK_SHARE_MAX = 0.8
const NOT_FOUND = 404
const CONFLICT = 409
const INSUFFICIENT_STORAGE = 507

/** A refusal that the gateway words for the caller: the header carries its code. */
export const REFUSAL_HEADER = 'x-sagebrush-refusal'

class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

/**
 * Stands before a container that holds many models: fetches and loads the model that a request names, then
 * hands the request on. @returns the socket's path, once it takes requests
 */
export async function startModelAgent(
  run: TaskRun,
  options: {
    containerSocket: string
    s3Prefix: string
    keepsLoaded: boolean
    signal: AbortSignal
  },
): Promise<string> {
  const { order, diary } = run
  const { containerSocket, s3Prefix, keepsLoaded, signal } = options
  const container = createContainerModels(containerSocket)
  const shelf = createShelf(run, { container, s3Prefix, signal })
  const diskBytesMax = order.task.resources.diskBytes * DISK_SHARE_MAX
  const models = createLoadedModels(shelf, { diskBytesMax, keepsLoaded })
  const figures = createModelFigures(order, {
    loadedCount: () => models.loadedCount,
    report: (error) => diary.warn('figures about models could not be told', { error }),
  })

  const invoke = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const model = modelOf(incoming)
    const pieces: Buffer[] = []
    for await (const piece of incoming) pieces.push(piece as Buffer)
    const body = Buffer.concat(pieces)
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    const headers = passedOn(incoming.headers)
    const attempt = (): Promise<boolean> =>
      models.use(model, async (readiness) => {
        figures.record(readiness)
        const answer = await container.invoke(nameOf(model), { headers, body, signal: gone.signal })
        // a container that was started again holds no models
        if (answer.statusCode === NOT_FOUND && readiness.isHit) {
          answer.resume()
          models.lost(model)
          return false
        }
        outgoing.writeHead(answer.statusCode ?? 502, passedBack(answer.headers))
        await pipeline(answer, outgoing)
        return true
      })
    await inTime(async () => {
      if (!(await attempt())) await attempt()
    }, outgoing)
  }

  const server = createServer((incoming, outgoing) => {
    invoke(incoming, outgoing).catch((error: unknown) => answerFailure(outgoing, error, run))
  })
  server.keepAliveTimeout = 0
  const socketPath = join(order.settings.socketDir, MODELS_SOCKET)
  await rm(socketPath, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(socketPath, resolve)
  })
  signal.addEventListener('abort', () => {
    server.close()
    server.closeAllConnections()
    container.close()
    void figures.close()
  })
  return socketPath
}

/** Answers a caller for whom loading takes too long, while the work goes on. */
async function inTime(work: () => Promise<void>, outgoing: ServerResponse): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      if (outgoing.headersSent) return
      reject(
        new Refused('ModelNotReadyException', 429, 'The model is still being loaded: try again.'),
      )
    }, LOADING_MS_MAX)
  })
  const working = work()
  // it may fail after its caller was answered
  working.catch(() => undefined)
  try {
    await Promise.race([working, late])
  } finally {
    clearTimeout(timer)
  }
}

function createShelf(
  run: TaskRun,
  options: {
    container: ReturnType<typeof createContainerModels>
    s3Prefix: string
    signal: AbortSignal
  },
): ModelShelf {
  const { directory } = run
  const { container, s3Prefix, signal } = options
  const folderOf = (model: string): string => join(directory.ml, MODELS_FOLDER, nameOf(model))
  return {
    fetch: async (model) => {
      const { bucket, key: prefix } = parseS3Uri(s3Prefix) ?? { bucket: '', key: '' }
      const key = `${prefix}${model}`
      const folder = folderOf(model)
      const files = join(folder, 'model')
      await rm(folder, { recursive: true, force: true })
      await mkdir(files, { recursive: true })
      try {
        await getObject(await run.client(), { bucket, key, signal }, async (body) => {
          const plain = createGunzip()
          await Promise.all([unpackArchive(plain, files), pipeline(body, plain)])
        })
      } catch (error) {
        await rm(folder, { recursive: true, force: true })
        throw explained(error, { bucket, key })
      }
      return Math.max(1, await diskBytesOf(folder))
    },
    load: async (model) => {
      const name = nameOf(model)
      const reply = await container.load(name, `/opt/ml/${MODELS_FOLDER}/${name}/model`)
      if (reply.status === INSUFFICIENT_STORAGE) return 'NoRoom'
      if (reply.status >= 300 && reply.status !== CONFLICT) {
        const text = reply.body.toString('utf8').slice(0, 1_024)
        throw new Refused('ModelError', reply.status, `The container cannot load ${model}: ${text}`)
      }
      return 'Loaded'
    },
    unload: async (model) => void (await container.unload(nameOf(model))),
    discard: (model) => rm(folderOf(model), { recursive: true, force: true }),
    isFull: () => {
      const sample = readJsonSync<UsageSample>(directory.usage)
      return sample !== undefined && sample.memoryPercent > MEMORY_PERCENT_MAX
    },
  }
}

function explained(error: unknown, { bucket, key }: { bucket: string; key: string }): unknown {
  if (error instanceof S3Fault) {
    return new Refused(
      'ValidationError',
      400,
      `Failed to download model data(bucket: ${bucket}, key: ${key}). Please ensure that there is an object ` +
        'located at the URL and that the role passed to CreateModel has permissions to download the model.',
    )
  }
  const isArchiveFault =
    error instanceof TaskFailure || (error as NodeJS.ErrnoException).code?.startsWith('Z_') === true
  if (!isArchiveFault) return error
  const reason = (error as Error).message
  return new Refused('ValidationError', 400, `s3://${bucket}/${key} is no model.tar.gz: ${reason}`)
}

/** @throws Refused when the request names no model, or one that leads elsewhere */
function modelOf({ headers }: IncomingMessage): string {
  const target = headers['x-amzn-sagemaker-target-model']
  if (typeof target !== 'string' || target === '') {
    throw new Refused(
      'ValidationError',
      400,
      'The endpoint holds many models, and the request names none: give TargetModel.',
    )
  }
  const model = target.replace(/^\/+/, '')
  if (model.split('/').includes('..')) {
    throw new Refused('ValidationError', 400, `TargetModel '${target}' leads out of its prefix.`)
  }
  return model
}

/** What the container knows a model by. */
function nameOf(model: string): string {
  return createHash('sha256').update(model).digest('hex').slice(0, 32)
}

const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'host',
  'transfer-encoding',
  'keep-alive',
])

function passedOn(headers: IncomingMessage['headers']): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && !HOP_BY_HOP.has(name)) passed[name] = value
  }
  return passed
}

/** A container cannot refuse in the platform's name. */
function passedBack(headers: IncomingMessage['headers']): Record<string, string> {
  const { [REFUSAL_HEADER]: _, ...passed } = passedOn(headers)
  const length = headers['content-length']
  return length === undefined ? passed : { ...passed, 'content-length': length }
}

function answerFailure(outgoing: ServerResponse, error: unknown, { diary }: TaskRun): void {
  if (outgoing.destroyed) return
  if (outgoing.headersSent) {
    outgoing.destroy()
    return
  }
  const refusal = refusalOf(error)
  if (!refusal) {
    diary.warn('a request for a model failed', { error })
    // as a container that went away: the gateway asks another replica, or says so
    outgoing.destroy()
    return
  }
  const body = Buffer.from(refusal.message)
  const isModelError = refusal.code === 'ModelError'
  outgoing.writeHead(refusal.status, {
    'content-type': 'text/plain',
    'content-length': body.length,
    ...(!isModelError && { [REFUSAL_HEADER]: refusal.code }),
  })
  outgoing.end(body)
}

function refusalOf(error: unknown): Refused | undefined {
  if (error instanceof Refused) return error
  if (!(error instanceof NoRoomForModel)) return undefined
  const message = `There is no memory left for model ${error.message}, and all that are loaded are in use.`
  return new Refused('ServiceUnavailable', 503, message)
}
