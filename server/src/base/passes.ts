/** Repeated work per key: one pass at a time for each, and once more when asked for meanwhile. */
export interface Passes {
  /** Makes a pass soon. */
  request(key: string): void
  /** The keys that are being passed over now. */
  underWay(): Iterable<string>
  /** Takes no more requests; resolves when no pass is under way. */
  end(): Promise<void>
}

/**
 * @param options.pass what is done for a key; a throw is reported and the pass is not repeated for it
 * @param options.runningMax how many keys are passed over at the same time
 */
export function createPasses(options: {
  readonly pass: (key: string) => Promise<void>
  readonly runningMax: number
  readonly report: (error: unknown, key: string) => void
}): Passes {
  const waiting = new Set<string>()
  const running = new Map<string, Promise<void>>()
  let ended = false

  const next = (): void => {
    for (const key of waiting) {
      if (ended || running.size >= options.runningMax) return
      if (running.has(key)) continue
      waiting.delete(key)
      running.set(key, run(key))
    }
  }
  const run = async (key: string): Promise<void> => {
    try {
      await options.pass(key)
    } catch (error) {
      options.report(error, key)
    } finally {
      running.delete(key)
      next()
    }
  }
  return {
    request: (key) => {
      if (ended) return
      waiting.add(key)
      next()
    },
    underWay: () => running.keys(),
    end: async () => {
      ended = true
      await Promise.all(running.values())
    },
  }
}
