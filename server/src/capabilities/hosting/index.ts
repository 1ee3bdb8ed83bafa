/**
 * Hosting: endpoint configurations and endpoints. An endpoint's operations say what is wanted, as rows;
 * durable stories (`endpoint.workflow.ts`, `deployment.workflow.ts`) order what is wanted in time; the
 * supervisor makes it so and keeps it so (`fleet.states.ts` decides, `fleet.activities.ts` acts). An update is
 * laid out in `deployment.states.ts` before it begins, and each of its decisions is kept. Requests to
 * endpoints are the business of `inference`, which hosting tells where replicas are.
 */

import type * as SageMaker from '@aws-sdk/client-sagemaker'
import type { DescribeEndpointOutput, EndpointStatus } from '@aws-sdk/client-sagemaker'
import type { Place, Platform, RequestScope } from '../../platform/scope.ts'
import type { UnstartedStories, WorkflowDefinition } from '../../platform/workflow/workflow.ts'
import type { HandlersOf, Hold } from '../../wire/handler.ts'
import { createDeploymentActivities } from './deployment.activities.ts'
import { deployUpdate } from './deployment.workflow.ts'
import { commandDeployment, recordOf } from './deployment-control.ts'
import { createEndpointActivities } from './endpoint.activities.ts'
import { createEndpoint, deleteEndpoint } from './endpoint.operations.ts'
import { listEndpointStories } from './endpoint.store.ts'
import {
  type CapacityChange,
  changeCapacity,
  deployEndpoint,
  type FleetKey,
  removeEndpoint,
} from './endpoint.workflow.ts'
import {
  createEndpointConfig,
  deleteEndpointConfig,
  describeEndpointConfig,
  listEndpointConfigs,
} from './endpoint-config.operations.ts'
import { describeEndpoint, listEndpoints } from './endpoint-description.operations.ts'
import {
  CAPACITY_STORY,
  CREATION_STORY,
  DELETION_STORY,
  DEPLOYMENT_STORY,
} from './endpoint-story.ts'
import { updateEndpoint, updateEndpointWeightsAndCapacities } from './endpoint-update.operations.ts'

export * from './component-hosting.ts'
export type { DeploymentRecord } from './deployment-control.ts'
export { endpointExists } from './endpoint.store.ts'
export { endpointConfigExists } from './endpoint-config.store.ts'
export { superviseEndpoints } from './endpoint-supervisor.ts'
export { recordModelMetrics } from './model-metrics.ts'
export { findScalableVariant, type ScalableVariant } from './scalable-variant.ts'
export {
  type CapacityOutcome,
  changeVariantCapacity,
  readVariantCapacities,
  type VariantCapacity,
} from './variant-capacity.ts'

export const hostingOperations = {
  CreateEndpointConfig: createEndpointConfig,
  DescribeEndpointConfig: describeEndpointConfig,
  ListEndpointConfigs: listEndpointConfigs,
  DeleteEndpointConfig: deleteEndpointConfig,
  CreateEndpoint: createEndpoint,
  DescribeEndpoint: describeEndpoint,
  ListEndpoints: listEndpoints,
  UpdateEndpoint: updateEndpoint,
  UpdateEndpointWeightsAndCapacities: updateEndpointWeightsAndCapacities,
  DeleteEndpoint: deleteEndpoint,
} satisfies HandlersOf<typeof SageMaker, RequestScope>

/**
 * What people and test suites ask of deployments, by `METHOD /path`: `GET /deployments` of an endpoint, and
 * `POST /deploy` with a command, each with the endpoint's name and, if it is not the installation's, region.
 */
export function deploymentControls(
  platform: Platform,
  presentPlace: () => Place,
): Readonly<Record<'GET /deployments' | 'POST /deploy', (asked: unknown) => Promise<unknown>>> {
  return {
    'GET /deployments': async (asked) => ({
      deployments: await recordOf(platform, presentPlace(), asked),
    }),
    'POST /deploy': (asked) => commandDeployment(platform, presentPlace(), asked),
  }
}

/** The stories of endpoints, by the names under which they are registered. */
export function hostingWorkflows(platform: Platform): readonly WorkflowDefinition[] {
  const activities = createEndpointActivities(platform)
  const creation: WorkflowDefinition<FleetKey> = {
    name: CREATION_STORY,
    run: (workflow, key) => deployEndpoint(workflow, activities, key),
  }
  const deploying = createDeploymentActivities(platform)
  const deployment: WorkflowDefinition<FleetKey> = {
    name: DEPLOYMENT_STORY,
    run: (workflow, key) => deployUpdate(workflow, deploying, key),
  }
  const capacity: WorkflowDefinition<CapacityChange> = {
    name: CAPACITY_STORY,
    run: (workflow, change) => changeCapacity(workflow, activities, change),
  }
  const deletion: WorkflowDefinition<{ readonly endpointId: string }> = {
    name: DELETION_STORY,
    run: (workflow, endpoint) => removeEndpoint(workflow, activities, endpoint),
  }
  return [creation, deployment, capacity, deletion]
}

/** The stories that endpoints' rows ask for. */
export function unstartedHosting(platform: Platform): UnstartedStories {
  return () => listEndpointStories(platform.database)
}

const RESTING: ReadonlySet<EndpointStatus | undefined> = new Set([
  'InService',
  'Failed',
  'OutOfService',
  'UpdateRollbackFailed',
])

/** DescribeEndpoint may be held back until the endpoint rests, or is gone. */
export const hostingHolds: Readonly<Record<'DescribeEndpoint', Hold>> = {
  DescribeEndpoint: {
    topic: (output) => (output as Partial<DescribeEndpointOutput>).EndpointArn ?? '',
    isSettled: (output) => RESTING.has((output as Partial<DescribeEndpointOutput>).EndpointStatus),
  },
}
