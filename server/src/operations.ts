/**
 * The table of contents: every operation that is built, by service, and what answers it. A name that the
 * service does not have, or a handler of another shape, is a type error.
 */

import type * as autoScalingClient from '@aws-sdk/client-application-auto-scaling'
import type * as cloudwatchClient from '@aws-sdk/client-cloudwatch'
import type * as logsClient from '@aws-sdk/client-cloudwatch-logs'
import type * as iamClient from '@aws-sdk/client-iam'
import type * as s3Client from '@aws-sdk/client-s3'
import type * as sagemakerClient from '@aws-sdk/client-sagemaker'
import type * as runtimeClient from '@aws-sdk/client-sagemaker-runtime'
import type * as stsClient from '@aws-sdk/client-sts'
import { alarmExists, alarmOperations } from './capabilities/alarms/index.ts'
import { asyncInferenceOperations } from './capabilities/async-inference/index.ts'
import {
  endpointConfigExists,
  endpointExists,
  hostingHolds,
  hostingOperations,
} from './capabilities/hosting/index.ts'
import { iamOperations, stsOperations } from './capabilities/identity/index.ts'
import {
  inferenceComponentExists,
  inferenceComponentHolds,
  inferenceComponentOperations,
} from './capabilities/inference-components/index.ts'
import {
  inferenceExperimentExists,
  inferenceExperimentOperations,
} from './capabilities/inference-experiments/index.ts'
import { logsOperations } from './capabilities/logs/index.ts'
import {
  createMetricTagOperations,
  dashboardExists,
  metricOperations,
} from './capabilities/metrics/index.ts'
import { modelExists, modelOperations } from './capabilities/models/index.ts'
import { objectOperations } from './capabilities/objects/index.ts'
import { scalingOperations } from './capabilities/scaling/index.ts'
import { createTagOperations } from './capabilities/tags/index.ts'
import {
  trainingHolds,
  trainingJobExists,
  trainingOperations,
} from './capabilities/training/index.ts'
import {
  transformHolds,
  transformJobExists,
  transformOperations,
} from './capabilities/transform/index.ts'
import type { RequestScope } from './platform/scope.ts'
import type { HandlersOf, Hold } from './wire/handler.ts'

/** Says, per kind of SageMaker resource, whether an ARN names one: tags hang on existing things only. */
const taggable = {
  'training-job': trainingJobExists,
  'transform-job': transformJobExists,
  model: modelExists,
  'endpoint-config': endpointConfigExists,
  endpoint: endpointExists,
  'inference-component': inferenceComponentExists,
  'inference-experiment': inferenceExperimentExists,
}

export const operations = {
  sagemaker: {
    ...trainingOperations,
    ...transformOperations,
    ...modelOperations,
    ...hostingOperations,
    ...inferenceComponentOperations,
    ...inferenceExperimentOperations,
    ...createTagOperations(taggable),
  } satisfies HandlersOf<typeof sagemakerClient, RequestScope>,
  // InvokeEndpoint itself is answered by the gateways
  'sagemaker-runtime': asyncInferenceOperations satisfies HandlersOf<
    typeof runtimeClient,
    RequestScope
  >,
  s3: objectOperations satisfies HandlersOf<typeof s3Client, RequestScope>,
  sts: stsOperations satisfies HandlersOf<typeof stsClient, RequestScope>,
  iam: iamOperations satisfies HandlersOf<typeof iamClient, RequestScope>,
  'application-autoscaling': scalingOperations satisfies HandlersOf<
    typeof autoScalingClient,
    RequestScope
  >,
  logs: logsOperations satisfies HandlersOf<typeof logsClient, RequestScope>,
  cloudwatch: {
    ...metricOperations,
    ...alarmOperations,
    ...createMetricTagOperations({ alarm: alarmExists, dashboard: dashboardExists }),
  } satisfies HandlersOf<typeof cloudwatchClient, RequestScope>,
}

/** Answers that are held back from clients that only poll. */
export const holds: Readonly<Record<string, Readonly<Record<string, Hold>>>> = {
  sagemaker: { ...trainingHolds, ...transformHolds, ...hostingHolds, ...inferenceComponentHolds },
}
