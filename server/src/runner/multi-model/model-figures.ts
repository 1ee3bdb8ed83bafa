import { request } from '../../base/http.ts'
import type { TaskOrder } from '../../platform/engines/process/task-directory.ts'
import type { Readiness } from './loaded-models.ts'

/** How often what was counted is told to the platform (real time). */
const FLUSH_MS = 5_000

/** One metric's values since the last flush, added up. */
interface Figure {
  name: string
  sampleCount: number
  sum: number
  minimum: number
  maximum: number
}

/** The content of a flush; `batch` makes a repeated one count once. */
export interface FigureBatch {
  readonly batch: string
  readonly figures: readonly Readonly<Figure>[]
}

/**
 * Adds up what requests say about the models' cache and tells the platform now and then. What a flush that
 * got no answer held is told again with the same name.
 */
export function createModelFigures(
  { task, settings }: TaskOrder,
  { loadedCount, report }: { loadedCount: () => number; report: (error: unknown) => void },
) {
  const open = new Map<string, Figure>()
  let unsent: FigureBatch | undefined
  let count = 0
  let sending = false

  const add = (name: string, value: number): void => {
    const figure = open.get(name)
    if (!figure) {
      open.set(name, { name, sampleCount: 1, sum: value, minimum: value, maximum: value })
      return
    }
    figure.sampleCount++
    figure.sum += value
    figure.minimum = Math.min(figure.minimum, value)
    figure.maximum = Math.max(figure.maximum, value)
  }
  const flush = async (): Promise<void> => {
    if (sending) return
    sending = true
    try {
      if (!unsent) {
        add('LoadedModelCount', loadedCount())
        unsent = { batch: `${task.taskId}/${process.pid}/${count++}`, figures: [...open.values()] }
        open.clear()
      }
      await post(settings.platformUrl, { token: task.taskToken, batch: unsent })
      unsent = undefined
    } catch (error) {
      report(error)
    } finally {
      sending = false
    }
  }
  const timer = setInterval(() => void flush(), FLUSH_MS)
  return {
    record: (readiness: Readiness): void => {
      add('ModelCacheHit', Number(readiness.isHit))
      if (readiness.waitUs !== undefined) add('ModelLoadingWaitTime', readiness.waitUs)
      if (readiness.downloadUs !== undefined) add('ModelDownloadingTime', readiness.downloadUs)
      if (readiness.loadUs !== undefined) add('ModelLoadingTime', readiness.loadUs)
      for (const unloadUs of readiness.unloadsUs) add('ModelUnloadingTime', unloadUs)
    },
    close: async (): Promise<void> => {
      clearInterval(timer)
      await flush()
    },
  }
}

export type ModelFigures = ReturnType<typeof createModelFigures>

function post(
  platformUrl: string,
  { token, batch }: { token: string; batch: FigureBatch },
): Promise<void> {
  const body = JSON.stringify(batch)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL('/_sagebrush/model-metrics', platformUrl),
      {
        method: 'POST',
        headers: {
          authorization: token,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
        timeout: FLUSH_MS,
      },
      (answer) => {
        answer.resume()
        answer.once('end', () => {
          const status = answer.statusCode ?? 0
          // a batch that is refused will be refused again
          if (status < 500) resolve()
          else reject(new Error(`the platform answered ${status}`))
        })
      },
    )
    outgoing.once('timeout', () => outgoing.destroy(new Error('the platform fell silent')))
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}
