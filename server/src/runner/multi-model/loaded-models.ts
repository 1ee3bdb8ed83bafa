import { monotonicMs } from '../../base/clock.ts'

/** How the models of one container come and go; each is named as its requests name it. */
export interface ModelShelf {
  /** Brings the model's files here. @returns how many bytes they take */
  fetch(model: string): Promise<number>
  /** Makes the container load it. @returns `NoRoom` when there is no memory left for it */
  load(model: string): Promise<'Loaded' | 'NoRoom'>
  unload(model: string): Promise<void>
  /** Deletes the model's files. */
  discard(model: string): Promise<void>
  /** True while another model should not be loaded beside those that are. */
  isFull(): boolean
}

/** Durations in microseconds; what did not happen is absent. */
export interface Readiness {
  readonly isHit: boolean
  readonly waitUs?: number
  readonly downloadUs?: number
  readonly loadUs?: number
  /** Of each model that had to go for this one. */
  readonly unloadsUs: readonly number[]
}

/** There is no room for the model, though every model that nobody uses is gone. */
export class NoRoomForModel extends Error {
  override readonly name = 'NoRoomForModel'
}

interface Entry {
  readonly model: string
  /** Requests that the container answers with it now. */
  users: number
  usedMs: number
  bytes: number
  isLoaded: boolean
  /** Under way, and shared by all who want the model. */
  coming: Promise<Readiness> | undefined
}

/**
 * Which models a container holds: loaded when first asked for, however many ask at once; those that were used
 * least recently go when memory or disk is short.
 *
 * @param options.diskBytesMax how much the files of all models together may take
 * @param options.keepsLoaded false unloads a model, and deletes its files, as soon as nobody uses it
 */
export function createLoadedModels(
  shelf: ModelShelf,
  { diskBytesMax, keepsLoaded = true }: { diskBytesMax: number; keepsLoaded?: boolean },
) {
  const entries = new Map<string, Entry>()
  // downloads run side by side; loads in turn, since each looks at the room that the one before has left
  let queue: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work)
    queue = turn.catch(() => undefined)
    return turn
  }
  const entryOf = (model: string): Entry => {
    let entry = entries.get(model)
    if (!entry) {
      entry = { model, users: 0, usedMs: 0, bytes: 0, isLoaded: false, coming: undefined }
      entries.set(model, entry)
    }
    return entry
  }
  const leastRecent = (isCandidate: (entry: Entry) => boolean): Entry | undefined =>
    [...entries.values()]
      .filter((entry) => entry.users === 0 && isCandidate(entry))
      .sort((one, other) => one.usedMs - other.usedMs)[0]

  const unloadOne = async (): Promise<number | undefined> => {
    const oldest = leastRecent(({ isLoaded }) => isLoaded)
    if (!oldest) return undefined
    const beganMs = monotonicMs()
    oldest.isLoaded = false
    await shelf.unload(oldest.model)
    return sinceUs(beganMs)
  }
  const makeDiskRoom = async (): Promise<void> => {
    const total = () => [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    while (total() > diskBytesMax) {
      const oldest = leastRecent(({ bytes }) => bytes > 0)
      if (!oldest) return
      if (oldest.isLoaded) await shelf.unload(oldest.model)
      await shelf.discard(oldest.model)
      entries.delete(oldest.model)
    }
  }

  const letGo = async (entry: Entry): Promise<void> => {
    if (entry.users > 0 || entries.get(entry.model) !== entry) return
    entries.delete(entry.model)
    if (entry.isLoaded) await shelf.unload(entry.model)
    await shelf.discard(entry.model)
  }

  const bring = async (entry: Entry, askedMs: number): Promise<Readiness> => {
    let downloadUs: number | undefined
    if (entry.bytes === 0) {
      const beganMs = monotonicMs()
      entry.bytes = await shelf.fetch(entry.model)
      downloadUs = sinceUs(beganMs)
    }
    const came = await inTurn(() => loadIn(entry, askedMs))
    return downloadUs === undefined ? came : { ...came, downloadUs }
  }
  const loadIn = async (entry: Entry, askedMs: number): Promise<Readiness> => {
    const unloadsUs: number[] = []
    await makeDiskRoom()
    if (shelf.isFull()) unloadsUs.push(...[await unloadOne()].filter((us) => us !== undefined))
    const beganMs = monotonicMs()
    while ((await shelf.load(entry.model)) === 'NoRoom') {
      const unloadUs = await unloadOne()
      if (unloadUs === undefined) throw new NoRoomForModel(entry.model)
      unloadsUs.push(unloadUs)
    }
    entry.isLoaded = true
    return { isHit: false, waitUs: sinceUs(askedMs), loadUs: sinceUs(beganMs), unloadsUs }
  }

  const ensure = (entry: Entry): Promise<Readiness> => {
    if (entry.isLoaded) return Promise.resolve(HIT)
    const askedMs = monotonicMs()
    entry.coming ??= bring(entry, askedMs)
      .catch((error: unknown) => {
        if (entry.bytes === 0) entries.delete(entry.model)
        throw error
      })
      .finally(() => {
        entry.coming = undefined
      })
    return entry.coming
  }

  return {
    /**
     * Runs `work` with the model loaded, and keeps it while that runs.
     * @throws what fetching or loading fails with, or NoRoomForModel
     */
    async use<T>(model: string, work: (readiness: Readiness) => Promise<T>): Promise<T> {
      const entry = entryOf(model)
      entry.users++
      entry.usedMs = monotonicMs()
      try {
        return await work(await ensure(entry))
      } finally {
        entry.users--
        if (!keepsLoaded) await inTurn(() => letGo(entry))
      }
    },
    /** The container does not have it, whatever was believed: it was started again, say. */
    lost(model: string): void {
      const entry = entries.get(model)
      if (entry) entry.isLoaded = false
    },
    get loadedCount(): number {
      return [...entries.values()].filter(({ isLoaded }) => isLoaded).length
    },
  }
}

export type LoadedModels = ReturnType<typeof createLoadedModels>

const HIT: Readiness = { isHit: true, unloadsUs: [] }

function sinceUs(beganMs: number): number {
  return Math.round((monotonicMs() - beganMs) * 1_000)
}
