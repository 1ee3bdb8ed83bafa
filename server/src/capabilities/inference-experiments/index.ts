/**
 * Inference experiments: shadow tests of an endpoint, with a schedule and an end that promotes or removes the
 * shadow variant. What an experiment does to its endpoint it does by hosting's own operations; a row says how
 * far it is, and the supervisor brings it on.
 */
import type * as SageMaker from '@aws-sdk/client-sagemaker'
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import {
  createInferenceExperiment,
  deleteInferenceExperiment,
  startInferenceExperiment,
  stopInferenceExperiment,
  updateInferenceExperiment,
} from './inference-experiment.operations.ts'
import {
  describeInferenceExperiment,
  listInferenceExperiments,
} from './inference-experiment-description.operations.ts'

export { experimentExists as inferenceExperimentExists } from './inference-experiment.store.ts'
export { superviseInferenceExperiments } from './inference-experiment-supervisor.ts'

export const inferenceExperimentOperations = {
  CreateInferenceExperiment: createInferenceExperiment,
  DescribeInferenceExperiment: describeInferenceExperiment,
  ListInferenceExperiments: listInferenceExperiments,
  StartInferenceExperiment: startInferenceExperiment,
  StopInferenceExperiment: stopInferenceExperiment,
  UpdateInferenceExperiment: updateInferenceExperiment,
  DeleteInferenceExperiment: deleteInferenceExperiment,
} satisfies HandlersOf<typeof SageMaker, RequestScope>
