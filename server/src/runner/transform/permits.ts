/** How much may be under way at once. */
export interface Permits {
  /** Resolves when there is room, first come first served. */
  take(): Promise<void>
  give(): void
}

export function createPermits(count: number): Permits {
  let free = count
  const waiting: (() => void)[] = []
  return {
    take: async () => {
      if (free > 0) {
        free--
        return
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    },
    give: () => {
      const next = waiting.shift()
      if (next) next()
      else free++
    },
  }
}
