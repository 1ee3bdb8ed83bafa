import { monotonicMs } from '../../base/clock.ts'
import {
  type ContainerOutcome,
  type ContainersRoute,
  containerRequestHead,
  headersOfAnswer,
} from '../../capabilities/inference/index.ts'
import type { RequestHead, ResponseHead } from '../http1/message-head.ts'

/**
 * The way of one request through a replica of several containers: through all of them in order, or to the one
 * that the caller names. A request that is handed on to another replica walks from the start.
 *
 * Between containers the answer's body goes on under its own content type. What the caller accepts is said to
 * the last one only: the others answer in what they prefer.
 *
 * @source AWS's guide, "Inference pipelines", and the scikit-learn container's examples for them
 */
export class ContainerWalk {
  /** How the containers fared so far. */
  readonly outcomes: ContainerOutcome[] = []
  private readonly hostnames: readonly string[]
  private readonly last: number
  private present: number
  private sinceMs = 0

  /** @param target the place among the containers of the only one that is meant */
  constructor({ hostnames }: ContainersRoute, target?: number) {
    this.hostnames = hostnames
    this.present = target ?? 0
    this.last = target ?? hostnames.length - 1
  }

  /** Which container of the replica it is at, from 0. */
  get index(): number {
    return this.present
  }

  get hostname(): string {
    return this.hostnames[this.present] ?? ''
  }

  get isAtLast(): boolean {
    return this.present === this.last
  }

  begins(): void {
    this.sinceMs = monotonicMs()
  }

  /** @param status 0 when there was no answer */
  ends(status: number): void {
    const latencyUs = (monotonicMs() - this.sinceMs) * 1_000
    this.outcomes.push({ containerName: this.hostname, status, latencyUs })
  }

  goOn(): void {
    this.present++
  }

  /**
   * The head that the present container gets.
   *
   * @param options.answer what the container before it said; absent for the first
   */
  headFor(
    request: RequestHead,
    options: { readonly answer?: ResponseHead; bodyBytes: number; streaming: boolean },
  ): string {
    const { answer, bodyBytes, streaming } = options
    return containerRequestHead(answer ? headersOfAnswer(request, answer) : request, {
      bodyBytes,
      streaming,
      accepts: this.isAtLast,
    })
  }
}
