/** Something that is due at an instant, in milliseconds. */
export interface Due {
  readonly dueMs: number
  /** Those of one instant come out in this order. */
  readonly order: number
  /** Once true it is not wanted any more; `calledOff` has to be told. */
  isOver: boolean
}

/** A binary heap: what is due first comes out first, in logarithmic time. */
export class DueHeap<Item extends Due> {
  private items: Item[] = []
  private overCount = 0

  /** The earliest that is not over, which stays. */
  first(): Item | undefined {
    while (this.items[0]?.isOver) {
      this.takeFirst()
      this.overCount--
    }
    return this.items[0]
  }

  /** Removes what `first` answered. */
  takeFirst(): void {
    const last = this.items.pop()
    if (last && this.items.length > 0) this.sink(last)
  }

  add(item: Item): void {
    this.items.push(item)
    this.rise(item)
  }

  /** One of the items became over. They are removed when they come up, or are many. */
  calledOff(): void {
    this.overCount++
    if (this.overCount <= OVER_KEPT || this.overCount * 2 < this.items.length) return
    const kept = this.items.filter(({ isOver }) => !isOver)
    this.items = []
    this.overCount = 0
    for (const item of kept) this.add(item)
  }

  private rise(item: Item): void {
    let index = this.items.length - 1
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = this.items[parentIndex]
      if (!parent || !isBefore(item, parent)) break
      this.items[index] = parent
      index = parentIndex
    }
    this.items[index] = item
  }

  /** Puts `item` in the place of the first. */
  private sink(item: Item): void {
    let index = 0
    for (;;) {
      const leftIndex = 2 * index + 1
      const left = this.items[leftIndex]
      if (!left) break
      const right = this.items[leftIndex + 1]
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (!isBefore(child, item)) break
      this.items[index] = child
      index = isRight ? leftIndex + 1 : leftIndex
    }
    this.items[index] = item
  }
}

/** Fewer than these are not worth a clean-up. */
const OVER_KEPT = 64

function isBefore(one: Due, other: Due): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order)
}
