import { type InvocationTarget, invocationTarget } from '../../capabilities/inference/index.ts'
import type { Exchange } from '../http1/exchange.ts'
import { headerOf, type RequestHead } from '../http1/message-head.ts'

/** What a request asks for: its path says the endpoint, headers which of the endpoint's parts it is for. */
export interface Wanted extends InvocationTarget {
  /** Of a variant that holds many. */
  readonly targetModel: string | undefined
  /** The variant that the caller names; undefined when any will do. */
  readonly targetVariant: string | undefined
  /** Of a variant with several. */
  readonly targetContainer: string | undefined
  readonly inferenceComponent: string | undefined
}

/** @returns undefined when the request is no invocation that is answered here */
export function wantedOf({ head, target }: Exchange): Wanted | undefined {
  if (head.method !== 'POST') return undefined
  const mark = target.indexOf('?')
  const asked = invocationTarget(head.method, mark < 0 ? target : target.slice(0, mark))
  if (!asked) return undefined
  const { endpointName, streaming } = asked
  const part = namesPart(head) ? partsOf(head) : NO_PART
  const { targetModel, targetVariant, targetContainer, inferenceComponent } = part
  return {
    endpointName,
    streaming,
    targetModel,
    targetVariant,
    targetContainer,
    inferenceComponent,
  }
}

const TARGET_MODEL = 'x-amzn-sagemaker-target-model'
const TARGET_VARIANT = 'x-amzn-sagemaker-target-variant'
const TARGET_CONTAINER = 'x-amzn-sagemaker-target-container-hostname'
const INFERENCE_COMPONENT = 'x-amzn-sagemaker-inference-component'

const NO_PART = {
  targetModel: undefined,
  targetVariant: undefined,
  targetContainer: undefined,
  inferenceComponent: undefined,
}

/** Most requests have none of these headers: one look at each name's length says so. */
function namesPart({ names }: RequestHead): boolean {
  for (const { length } of names) {
    if (
      length === TARGET_MODEL.length ||
      length === TARGET_VARIANT.length ||
      length === TARGET_CONTAINER.length ||
      length === INFERENCE_COMPONENT.length
    )
      return true
  }
  return false
}

function partsOf(head: RequestHead): Omit<Wanted, keyof InvocationTarget> {
  return {
    targetModel: headerOf(head, TARGET_MODEL),
    targetVariant: headerOf(head, TARGET_VARIANT),
    targetContainer: headerOf(head, TARGET_CONTAINER),
    inferenceComponent: headerOf(head, INFERENCE_COMPONENT),
  }
}
