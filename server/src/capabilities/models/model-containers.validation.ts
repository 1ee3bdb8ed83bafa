import type { ContainerDefinition, CreateModelCommandInput } from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'

/**
 * Refuses containers that do not go together.
 *
 * @source AWS's guide, "Create a multi-container endpoint"; ContainerDefinition in its API reference
 */
export function validateTogether(
  input: Pick<CreateModelCommandInput, 'InferenceExecutionConfig'>,
  containers: readonly ContainerDefinition[],
): void {
  const isDirect = input.InferenceExecutionConfig?.Mode === 'Direct'
  if (isDirect && containers.length < 2) {
    throw validationException(
      'InferenceExecutionConfig has Mode Direct and there is one container: give more than one in Containers.',
    )
  }
  if (containers.length < 2) return
  validateHostnames(containers, isDirect)
  const holding = containers.filter(({ Mode }) => Mode === 'MultiModel').length
  if (!isDirect && holding > 1) {
    // source: CreateModel's answer in a public issue report
    throw validationException(
      'More than one container in MultiModel mode is not supported with inference pipeline.',
    )
  }
}

function validateHostnames(containers: readonly ContainerDefinition[], isDirect: boolean): void {
  const hostnames = containers.flatMap(({ ContainerHostname }) => ContainerHostname || [])
  const isPartial = hostnames.length > 0 && hostnames.length < containers.length
  if (isPartial || (isDirect && hostnames.length === 0)) {
    throw validationException(
      `${containers.length - hostnames.length} of ${containers.length} containers have no ContainerHostname: ` +
        (isDirect
          ? 'with Mode Direct each needs one, by which requests name it.'
          : 'give one to each container, or to none.'),
    )
  }
  const twice = hostnames.find((hostname, index) => hostnames.indexOf(hostname) !== index)
  if (twice !== undefined) {
    throw validationException(
      `Two containers have the ContainerHostname '${twice}': it must be unique within the model.`,
    )
  }
}
