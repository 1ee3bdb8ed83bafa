import type { Place, Platform } from '../../platform/scope.ts'
import { type Alarm, type AlarmReading, actionsOf, readingOf } from './alarm.ts'
import type { AlarmAction } from './alarm-action.store.ts'

/** Takes actions of one kind, e.g. those of scaling policies. */
export interface AlarmActionRunner {
  /** Whether an action of this ARN is this runner's. */
  accepts(actionArn: string): boolean
  /**
   * Takes the action. It may be called again for the same `actionId`, after a crash: what was done then is not
   * done twice. What it throws is tried again, until it no longer throws.
   *
   * @returns why it cannot be done, for good; undefined when it is done
   */
  run(request: AlarmActionRequest): Promise<{ readonly failed: string } | undefined>
}

export interface AlarmActionRequest {
  readonly platform: Platform
  readonly place: Place
  /** The same for each attempt at the same action. */
  readonly actionId: string
  readonly actionArn: string
  /** The alarm as it was when the action was called for. */
  readonly alarm: AlarmReading
  /** Invoked again because the alarm stays in its state. */
  readonly isRepeat: boolean
}

/** Actions of scaling policies are invoked for as long as the state lasts, all others once. */
export function isScalingAction(actionArn: string): boolean {
  return /^arn:[^:]+:autoscaling:/.test(actionArn)
}

export function isEc2Action(actionArn: string): boolean {
  return /^arn:[^:]+:(?:automate:[^:]*:ec2:|swf:.*AWS_EC2\.)/.test(actionArn)
}

/** The actions of the state that the alarm has come into. */
export function actionsDue(alarm: Alarm): readonly AlarmAction[] {
  if (!alarm.actionsEnabled) return []
  return actionsOf(alarm, alarm.state).map((actionArn) => ({
    alarm,
    actionArn,
    isRepeat: false,
    reading: readingOf(alarm),
  }))
}

/** Those that are invoked again while the alarm stays in its state. @param alarm with what it saw last */
export function actionsRepeated(alarm: Alarm): readonly AlarmAction[] {
  return actionsDue(alarm)
    .filter(({ actionArn }) => isScalingAction(actionArn))
    .map((action) => ({ ...action, isRepeat: true }))
}
