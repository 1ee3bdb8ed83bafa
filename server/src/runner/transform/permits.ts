/** How much may be under way, or in memory, at once. */
export interface Permits {
  /** Resolves when there is room, first come first served. */
  take(): Promise<void>
  /** @returns false when there is no room now */
  tryTake(): boolean
  give(): void
}

export function createPermits(count: number): Permits {
  let free = count
  const waiting: (() => void)[] = []
  const tryTake = (): boolean => {
    if (free === 0) return false
    free--
    return true
  }
  return {
    tryTake,
    take: async () => {
      if (!tryTake()) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    give: () => {
      const next = waiting.shift()
      if (next) next()
      else free++
    },
  }
}
