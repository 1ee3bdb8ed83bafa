import type { Changes } from '../../platform/database/changes.ts'
import type { Hold } from '../handler.ts'

/** How long an answer may be held back, in milliseconds. Below every client's read timeout of 60 s. */
const WAITER_HOLD_MS = 20_000
/** The SageMaker SDK's loops also read logs between two looks: held longer, they would stutter. */
const SDK_HOLD_MS = 8_000

/** botocore lists in `m/` what was used to make a request; B is a waiter. Source: botocore/useragent.py */
const FEATURE_WAITER = /(?:^|\s)m\/(?:[^\s]*,)?B(?:,|\s|$)/
const SAGEMAKER_SDK = /AWS-SageMaker-Python-SDK/

/** How long this client would rather wait than ask again; 0 for those that want an answer at once. */
export function holdMs(userAgent: string | undefined): number {
  if (userAgent === undefined) return 0
  if (FEATURE_WAITER.test(userAgent)) return WAITER_HOLD_MS
  return SAGEMAKER_SDK.test(userAgent) ? SDK_HOLD_MS : 0
}

export interface HoldOptions {
  readonly hold: Hold | undefined
  readonly boundMs: number
  readonly changes: Pick<Changes, 'waitFor'>
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
}

/**
 * Answers a client that only polls once there is news, so that waiters do not sleep past the end of what
 * they wait for. A held call costs a timer and an entry in a table, no connection. By the wall's time: a
 * frozen platform clock must not hold clients for ever.
 */
export async function answerWhenSettled(
  answer: () => Promise<object>,
  { hold, boundMs, changes, signal }: HoldOptions,
): Promise<object> {
  let latest = (await answer()) as Record<string, unknown>
  if (!hold || boundMs === 0 || hold.isSettled(latest)) return latest
  await changes.waitFor(
    hold.topic(latest),
    async () => {
      latest = (await answer()) as Record<string, unknown>
      return hold.isSettled(latest) ? latest : undefined
    },
    { signal: AbortSignal.any([signal, AbortSignal.timeout(boundMs)]), sweepMs: boundMs },
  )
  return latest
}
