/** Alarms of periods below a minute are evaluated every 10 s, all others every minute. */
export function stepSecondsOf(periodSeconds: number): 10 | 60 {
  return periodSeconds < 60 ? 10 : 60
}

/**
 * Where the windows of an alarm may end: at any minute or 10 s, so that they slide. Those of expressions over
 * shorter periods lie at multiples of the period, as all that GetMetricData answers.
 */
export function windowStepSeconds(periodSeconds: number, isExpression: boolean): number {
  return isExpression && periodSeconds < 60 ? periodSeconds : stepSecondsOf(periodSeconds)
}

/**
 * How long after the end of a period its last data may still be on the way: gateways hand in the seconds that
 * are over about once a second.
 */
function settlingMs(stepSeconds: number): number {
  return stepSeconds < 60 ? 1_000 : 2_000
}

/** The latest end of a period whose data has settled by `now`. */
export function settledEnd(now: Date, stepSeconds: number): Date {
  return freshEnd(new Date(now.getTime() - settlingMs(stepSeconds)), stepSeconds)
}

/** The latest end of a period by `now`, though some of its data may be on the way. */
export function freshEnd(now: Date, stepSeconds: number): Date {
  const stepMs = stepSeconds * 1_000
  return new Date(Math.floor(now.getTime() / stepMs) * stepMs)
}

/** When an alarm that was looked at `now` is due again. */
export function nextEvaluation(now: Date, stepSeconds: number): Date {
  const end = settledEnd(now, stepSeconds)
  return evaluationOfEnd(new Date(end.getTime() + stepSeconds * 1_000), stepSeconds)
}

/** When a window that ends then is looked at. */
export function evaluationOfEnd(end: Date, stepSeconds: number): Date {
  return new Date(end.getTime() + settlingMs(stepSeconds))
}
