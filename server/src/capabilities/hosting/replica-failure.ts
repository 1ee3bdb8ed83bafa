import type { TaskEnd } from '../../platform/engines/engine.ts'
import type { ComponentSettings, FleetVariant } from './fleet.ts'
import { SERVERLESS_STARTUP_SECONDS } from './replica.container.ts'

/** FailureReason's bound, in characters. */
const REASON_LENGTH_MAX = 1024
/** What SageMaker calls the only container of a model. */
const CONTAINER = 'container_1'
/** A variant with the container of it that failed, which has a name when there are several. */
type FailedVariant = FleetVariant & { readonly hostname?: string }

/** What an engine's message has when the bytes came and could not be unpacked. */
const ARCHIVE_FAULT =
  /unpack|archive|header|unexpected end of|invalid (?:tar|distance|code|block|stored)/i

/**
 * Why a replica that never answered a ping did not, as SageMaker says it; where the cause is the
 * platform's finding, that follows.
 *
 * @source the ping text: AWS's guide to hosting errors; the texts about data and images: FailureReasons in
 *   public issue reports (aws/sagemaker-python-sdk 1835, cvat-on-aws-china 3 among others)
 */
export function replicaFailureReason(variant: FailedVariant, end: TaskEnd | undefined): string {
  const reason = [awsText(variant, end), detail(end)].filter((part) => part !== '').join(' ')
  return reason.slice(0, REASON_LENGTH_MAX)
}

function awsText(variant: FailedVariant, end: TaskEnd | undefined): string {
  const { variantName, hostname = 'primary' } = variant
  switch (end?.cause) {
    case 'InputFailed':
      return modelDataText(variant, end.message ?? '')
    case 'ImageFailed':
      return (
        `Please make sure all images included in the model for the production variant ${variantName} ` +
        'exist, and that the execution role used to create the model has permissions to access them.'
      )
    default:
      if (variant.serverless) return serverlessText()
      if (variant.component) return copyText(variant.component)
      return (
        `The ${hostname} container for production variant ${variantName} did not pass the ping health ` +
        'check. Please check CloudWatch logs for this endpoint.'
      )
  }
}

function copyText({ inferenceComponentName }: ComponentSettings): string {
  return (
    `The container for inference component ${inferenceComponentName} did not pass the ping health check. ` +
    'Please check CloudWatch logs for this inference component.'
  )
}

/** @source FailureReasons of serverless endpoints in public reports */
function serverlessText(): string {
  return (
    `Unable to successfully stand up your model within the allotted ${SERVERLESS_STARTUP_SECONDS} second ` +
    'timeout. Please ensure that downloading your model artifacts, starting your model container and ' +
    'passing the ping health checks can be completed within that time.'
  )
}

function modelDataText(variant: FailedVariant, message: string): string {
  const url = variant.modelData?.s3Uri ?? ''
  const { hostname = CONTAINER } = variant
  if (ARCHIVE_FAULT.test(message.replaceAll(url, ''))) {
    return (
      `Failed to extract model data archive for container "${hostname}" from URL "${url}". ` +
      'Please ensure that the object located at the URL is a valid tar.gz archive.'
    )
  }
  return (
    `Failed to download model data for container "${hostname}" from URL: "${url}". Please ensure that ` +
    'there is an object located at the URL and that the role passed to CreateModel has permissions to ' +
    'download the object.'
  )
}

/** A container that ends or does not answer has said why in its own log; the rest only we know. */
function detail(end: TaskEnd | undefined): string {
  switch (end?.cause) {
    case undefined:
    case 'Exited':
    case 'Unhealthy':
      return ''
    default:
      return end?.message ?? ''
  }
}
