import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling'
import { notImplemented, validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { listActivities, type ScalingActivity } from './scaling-activity.store.ts'
import { pageOf, pageSize, readToken } from './scaling-page.ts'

/** The newest first. Those that were decided against are among them only when asked for. */
export async function describeScalingActivities(
  input: AutoScaling.DescribeScalingActivitiesCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.DescribeScalingActivitiesCommandOutput, '$metadata'>> {
  const limit = pageSize(input.MaxResults)
  const rows =
    input.ServiceNamespace === 'sagemaker'
      ? await listActivities(scope.database, scope, {
          resourceId: input.ResourceId,
          scalableDimension: input.ScalableDimension,
          includesNotScaled: input.IncludeNotScaledActivities ?? false,
          before: readToken<number>(input.NextToken),
          limit,
        })
      : []
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

/** Predictive scaling is of Amazon ECS alone. */
export async function getPredictiveScalingForecast(
  input: AutoScaling.GetPredictiveScalingForecastCommandInput,
  _scope: RequestScope,
): Promise<never> {
  if (input.ServiceNamespace === 'sagemaker') {
    throw validationException(
      'Predictive scaling is not supported for the service namespace sagemaker.',
    )
  }
  throw notImplemented(`Scaling of ${input.ServiceNamespace} is not built.`)
}
