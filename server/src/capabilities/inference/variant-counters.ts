/** Upper bounds of the latency classes: powers of two of microseconds, the last one open. */
const CLASSES = 28

/** What one gateway saw of one variant since it knows it. */
export interface VariantStatistics {
  readonly requests: number
  /** Answers 4xx other than model errors; 5xx; and 424, the container's own. */
  readonly errors4xx: number
  readonly errors5xx: number
  readonly modelErrors: number
  /** Answers per latency class: class i holds those below 2^i microseconds. */
  readonly latencyClasses: readonly number[]
}

export class VariantCounters {
  private requests = 0
  private errors4xx = 0
  private errors5xx = 0
  private modelErrors = 0
  private readonly classes = new Uint32Array(CLASSES)

  /** @param latencyMs from the request's last byte to the answer's */
  count(status: number, latencyMs: number): void {
    this.requests++
    if (status === 424) this.modelErrors++
    else if (status >= 500) this.errors5xx++
    else if (status >= 400) this.errors4xx++
    const index = Math.min(32 - Math.clz32(latencyMs * 1_000), CLASSES - 1)
    this.classes[index] = (this.classes[index] ?? 0) + 1
  }

  read(): VariantStatistics {
    const { requests, errors4xx, errors5xx, modelErrors } = this
    return { requests, errors4xx, errors5xx, modelErrors, latencyClasses: [...this.classes] }
  }
}
