/** Counts work under way, so that one can tell when everything has come to rest. */
export interface WorkGauge {
  /** How much is under way now. */
  readonly underWay: number
  /** How much has ever begun: equal at two looks, nothing began between them. */
  readonly begun: number
  /** Says that some work begins. @returns what to call when it is over */
  begin(): () => void
  /** Counts `work` until its promise settles. */
  track<T>(work: () => Promise<T>): Promise<T>
}

export function createWorkGauge(): WorkGauge {
  let underWay = 0
  let begun = 0
  const begin = (): (() => void) => {
    underWay++
    begun++
    let isOver = false
    return () => {
      if (!isOver) underWay--
      isOver = true
    }
  }
  return {
    get underWay() {
      return underWay
    },
    get begun() {
      return begun
    },
    begin,
    track: async (work) => {
      const end = begin()
      try {
        return await work()
      } finally {
        end()
      }
    },
  }
}
