/**
 * Application Auto Scaling: registered targets, policies that track a metric or go by steps, scheduled actions.
 * What shall be done is decided by `scaling.states.ts` and written as an activity before it is done
 * (`scaling-pass.activities.ts`); target tracking policies keep alarms, whose actions come back here.
 */
import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling'
import type { Platform, RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import {
  deregisterScalableTarget,
  describeScalableTargets,
  registerScalableTarget,
} from './scalable-target.operations.ts'
import {
  describeScalingActivities,
  getPredictiveScalingForecast,
} from './scaling-activity.operations.ts'
import { deleteActivitiesBefore } from './scaling-activity.store.ts'
import {
  deleteScalingPolicy,
  describeScalingPolicies,
  putScalingPolicy,
} from './scaling-policy.operations.ts'
import { listTagsForResource, tagResource, untagResource } from './scaling-tags.operations.ts'
import {
  deleteScheduledAction,
  describeScheduledActions,
  putScheduledAction,
} from './scheduled-action.operations.ts'

export { scalingAlarmActions, superviseScaling } from './scaling-supervisor.ts'

export const scalingOperations = {
  RegisterScalableTarget: registerScalableTarget,
  DeregisterScalableTarget: deregisterScalableTarget,
  DescribeScalableTargets: describeScalableTargets,
  PutScalingPolicy: putScalingPolicy,
  DeleteScalingPolicy: deleteScalingPolicy,
  DescribeScalingPolicies: describeScalingPolicies,
  DescribeScalingActivities: describeScalingActivities,
  PutScheduledAction: putScheduledAction,
  DeleteScheduledAction: deleteScheduledAction,
  DescribeScheduledActions: describeScheduledActions,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsForResource: listTagsForResource,
  GetPredictiveScalingForecast: getPredictiveScalingForecast,
} satisfies HandlersOf<typeof AutoScaling, RequestScope>

/** @source Application Auto Scaling API Reference, DescribeScalingActivities: the last six weeks */
const ACTIVITIES_KEPT_MS = 42 * 24 * 60 * 60 * 1_000

/** Forgets activities that nobody is shown any more. */
export async function forgetScalingActivities({ clock, database }: Platform): Promise<void> {
  await deleteActivitiesBefore(database, new Date(clock.now().getTime() - ACTIVITIES_KEPT_MS))
}
