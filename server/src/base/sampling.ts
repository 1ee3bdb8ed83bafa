import { random } from './ids.ts'

/**
 * Chooses a share of what comes: which is chance, so that no pattern in it decides, but of any run of n the
 * share is chosen to within one.
 */
export class Sampling {
  private readonly share: number
  private owed = 0

  /** @param share in [0, 1] */
  constructor(share: number) {
    this.share = share
  }

  next(): boolean {
    if (this.share >= 1) return true
    this.owed += this.share
    // nothing is owed below 0, and something for sure above 1
    if (this.owed <= random()) return false
    this.owed--
    return true
  }
}
