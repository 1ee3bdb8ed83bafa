import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling'
import { validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { requireResourceWithDimension } from './scalable-dimension.ts'
import { listActivities, type ScalingActivity } from './scaling-activity.store.ts'
import { pageOf, pageSize, readToken } from './scaling-page.ts'

/** The newest first. Those that were decided against are among them only when asked for. */
export async function describeScalingActivities(
  input: AutoScaling.DescribeScalingActivitiesCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.DescribeScalingActivitiesCommandOutput, '$metadata'>> {
  const limit = pageSize(input.MaxResults)
  const { ResourceId: resourceId, ScalableDimension: scalableDimension } = input
  requireResourceWithDimension({ resource: resourceId, scalableDimension })
  if (input.ServiceNamespace !== 'sagemaker') return { ScalingActivities: [] }
  const rows = await listActivities(scope.database, scope, {
    resourceId,
    scalableDimension,
    includesNotScaled: input.IncludeNotScaledActivities ?? false,
    before: readToken<number>(input.NextToken),
    limit,
  })
  const page = pageOf(rows, limit, ({ sequence }) => sequence)
  return { ScalingActivities: page.rows.map(describe), ...page.next }
}

function describe(activity: ScalingActivity): AutoScaling.ScalingActivity {
  return {
    ActivityId: activity.activityId,
    ServiceNamespace: 'sagemaker',
    ResourceId: activity.resourceId,
    ScalableDimension: activity.scalableDimension as AutoScaling.ScalableDimension,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: activity.startedAt,
    ...(activity.endedAt && { EndTime: activity.endedAt }),
    StatusCode: activity.statusCode,
    ...(activity.statusMessage !== undefined && { StatusMessage: activity.statusMessage }),
    ...(activity.notScaledReasons && { NotScaledReasons: [...activity.notScaledReasons] }),
  }
}

/**
 * Predictive scaling is of Amazon ECS alone, so that no policy can have a forecast here.
 *
 * @throws ValidationException
 */
export async function getPredictiveScalingForecast(
  input: AutoScaling.GetPredictiveScalingForecastCommandInput,
  _scope: RequestScope,
): Promise<never> {
  throw validationException(
    `Predictive scaling is not supported for the service namespace ${input.ServiceNamespace} and the scalable ` +
      `dimension ${input.ScalableDimension}.`,
  )
}
