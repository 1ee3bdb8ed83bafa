import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, systemClock } from '../../base/clock.ts'
import { newShortId } from '../../base/ids.ts'
import type { Log } from '../../base/log.ts'
import {
  type CaptureTarget,
  MINUTE_MS,
  SCRATCH_ENDING,
  segmentName,
  TARGET_FILE,
  targetFolderName,
} from './capture-folder.ts'
import { bytesMaxOf, GatheredText, type TextPart } from './gathered-text.ts'

export interface CaptureSpoolOptions {
  /** Below the data directory, see `captureFolder`. */
  readonly folder: string
  /** Told, at the latest a moment after, that records of a minute lie there. */
  readonly written?: (minuteEndMs: number) => void
  /** Told of records that could not be written. */
  readonly lost?: (target: CaptureTarget, records: number) => void
  readonly log: Log
  readonly bytesMax?: number
}

/** So many bytes wait at most in memory; what comes beyond is dropped. */
const BYTES_MAX = 64 * 1024 * 1024
const SEGMENT_BYTES = 4 * 1024 * 1024
const WRITE_MS = 250

interface Segment {
  readonly target: CaptureTarget
  readonly firstMs: number
  readonly minute: number
  readonly text: GatheredText
  records: number
}

/**
 * A gateway's captured records on their way to files: gathered in memory, written four times a second as
 * whole files that are never touched again, so that whoever collects them needs to know nothing of the
 * process that wrote them. A kill loses what was gathered since the last write; a clean end nothing.
 */
export class CaptureSpool implements AsyncDisposable {
  private readonly options: CaptureSpoolOptions
  private readonly tag = newShortId(8)
  private readonly open = new Map<CaptureTarget, Segment>()
  private readonly known = new Map<CaptureTarget, string>()
  private readonly stopped = new AbortController()
  private readonly running: Promise<void>
  private full: Segment[] = []
  private last: Promise<void> = Promise.resolve()
  private bytes = 0
  private count = 0
  private complained = false

  constructor(options: CaptureSpoolOptions) {
    this.options = options
    this.running = this.follow()
  }

  /**
   * Takes a record, to be written soon.
   *
   * @param target the same object for the same target, as far as that is possible
   * @returns false when there is no room
   */
  add(
    target: CaptureTarget,
    { line, atMs }: { readonly line: readonly TextPart[]; readonly atMs: number },
  ): boolean {
    if (this.bytes + bytesMaxOf(line) > (this.options.bytesMax ?? BYTES_MAX)) return false
    const minute = Math.floor(atMs / MINUTE_MS)
    let segment = this.open.get(target)
    if (!segment || segment.minute !== minute || segment.text.bytes > SEGMENT_BYTES) {
      if (segment) this.full.push(segment)
      segment = { target, firstMs: atMs, minute, text: new GatheredText(), records: 0 }
      this.open.set(target, segment)
    }
    this.bytes += segment.text.add(line)
    segment.records++
    return true
  }

  /** Writes all that was added. Rejects never. */
  flush(): Promise<void> {
    this.last = this.last.then(() => this.writeAll())
    return this.last
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped.abort()
    await this.running
    await this.flush()
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopped
    while (!signal.aborted) {
      // an abort is how the pause ends early
      await after(systemClock, WRITE_MS, signal).catch(() => undefined)
      if (!signal.aborted) await this.flush()
    }
  }

  private async writeAll(): Promise<void> {
    const segments = [...this.full, ...this.open.values()]
    this.full = []
    this.open.clear()
    const minutes = new Set<number>()
    for (const segment of segments) {
      if (await this.write(segment)) minutes.add(segment.minute)
      this.bytes -= segment.text.bytes
    }
    for (const minute of minutes) this.options.written?.((minute + 1) * MINUTE_MS)
  }

  private async write({ target, firstMs, text, records }: Segment): Promise<boolean> {
    try {
      const name = segmentName(firstMs, { tag: this.tag, count: this.count++ })
      await this.place(await this.folderOf(target), { name, content: text.take() })
      this.complained = false
      return true
    } catch (error) {
      const { log } = this.options
      this.known.delete(target)
      this.options.lost?.(target, records)
      if (!this.complained) {
        log.error('captured records cannot be written and are lost', { error, lost: records })
      }
      this.complained = true
      return false
    }
  }

  private async folderOf(target: CaptureTarget): Promise<string> {
    const known = this.known.get(target)
    if (known !== undefined) return known
    const folder = join(this.options.folder, targetFolderName(target))
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await this.place(folder, {
      name: TARGET_FILE,
      content: [Buffer.from(JSON.stringify(target))],
    })
    if (this.known.size >= KNOWN_MAX) this.known.clear()
    this.known.set(target, folder)
    return folder
  }

  /** A file is there whole or not at all. */
  private async place(
    folder: string,
    { name, content }: { readonly name: string; readonly content: readonly Buffer[] },
  ): Promise<void> {
    const path = join(folder, name)
    const scratch = `${path}-${this.tag}${SCRATCH_ENDING}`
    try {
      await writeAll(scratch, content)
      await rename(scratch, path)
    } catch (error) {
      await rm(scratch, { force: true }).catch(() => undefined)
      throw error
    }
  }
}

/** Targets whose folders are remembered; publications make new ones of the same. */
const KNOWN_MAX = 1_024

async function writeAll(path: string, content: readonly Buffer[]): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    for (const piece of content) await file.writeFile(piece)
  } finally {
    await file.close()
  }
}
