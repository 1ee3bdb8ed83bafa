/**
 * A durable story: the wall between what is decided (a workflow function: pure, replayed after a crash)
 * and what is done (its activities: recorded, so that none runs again once it has finished).
 */
export interface Workflow {
  readonly workflowId: string
  /**
   * Runs `work` once and records what it answers; after a crash a recorded answer is returned in place of
   * running it again. `work` may run more than once when the crash fell between its end and the record:
   * make it idempotent. Any throw is retried by `policy`, but for `TerminalFailure`.
   *
   * @param name a verb phrase, the same in every replay
   */
  activity<T>(name: string, work: () => Promise<T>, policy?: RetryPolicy): Promise<T>
}

/** How often a failing activity is tried; the delay doubles up to what the attempts allow. */
export interface RetryPolicy {
  readonly attemptsMax: number
  readonly firstDelaySeconds: number
}

/** The world hiccups for seconds, not for hours: 10 tries over about two minutes. */
export const PATIENT: RetryPolicy = { attemptsMax: 10, firstDelaySeconds: 0.25 }

/** A failure that trying again cannot cure. */
export class TerminalFailure extends Error {
  override readonly name = 'TerminalFailure'
}

/**
 * A workflow as it is registered. The name carries a version (`TrainingJob.v1`): when the order or the
 * names of activities change, the old function stays registered under the old name until none runs.
 */
export interface WorkflowDefinition<Input = never> {
  readonly name: string
  readonly run: (workflow: Workflow, input: Input) => Promise<void>
}

export interface WorkflowStart {
  readonly name: string
  /** Derived from the resource, so that starting twice is one story. */
  readonly workflowId: string
  /** JSON. */
  readonly input: unknown
}

export interface Workflows {
  /** Begins a story, or does nothing when one with this id began before. */
  start(start: WorkflowStart): Promise<void>
}

/** Lists the stories that rows ask for; the sweep starts those that a crash left unstarted. */
export type UnstartedStories = () => Promise<readonly WorkflowStart[]>
