/**
 * Which headers pass between a caller of InvokeEndpoint and the container. AWS strips all that its API
 * does not name; containers and toolkits read exactly these.
 */

/** Request headers that the container sees, by lower-case name, with the name that it sees. */
const TO_CONTAINER: ReadonlyMap<string, string> = new Map([
  ['content-type', 'Content-Type'],
  ['accept', 'Accept'],
  ['x-amzn-sagemaker-custom-attributes', 'X-Amzn-SageMaker-Custom-Attributes'],
  ['x-amzn-sagemaker-target-model', 'X-Amzn-SageMaker-Target-Model'],
  ['x-amzn-sagemaker-target-variant', 'X-Amzn-SageMaker-Target-Variant'],
  ['x-amzn-sagemaker-target-container-hostname', 'X-Amzn-SageMaker-Target-Container-Hostname'],
  ['x-amzn-sagemaker-inference-id', 'X-Amzn-SageMaker-Inference-Id'],
  ['x-amzn-sagemaker-inference-component', 'X-Amzn-SageMaker-Inference-Component'],
  ['x-amzn-sagemaker-enable-explanations', 'X-Amzn-SageMaker-Enable-Explanations'],
  ['x-amzn-sagemaker-session-id', 'X-Amzn-SageMaker-Session-Id'],
  ['x-amzn-sagemaker-prefix-aware-id', 'X-Amzn-SageMaker-Prefix-Aware-Id'],
])

/** With response streaming, the API has its own name for what the container knows as Accept. */
const TO_CONTAINER_STREAMING: ReadonlyMap<string, string> = new Map([
  ...[...TO_CONTAINER].filter(([name]) => name !== 'accept'),
  ['x-amzn-sagemaker-accept', 'Accept'],
])

/** Response headers that the caller sees. */
const TO_CALLER: ReadonlyMap<string, string> = new Map([
  ['content-type', 'Content-Type'],
  ['x-amzn-sagemaker-custom-attributes', 'X-Amzn-SageMaker-Custom-Attributes'],
  ['x-amzn-sagemaker-new-session-id', 'X-Amzn-SageMaker-New-Session-Id'],
  ['x-amzn-sagemaker-closed-session-id', 'X-Amzn-SageMaker-Closed-Session-Id'],
])

const TO_CALLER_STREAMING: ReadonlyMap<string, string> = new Map([
  ...TO_CALLER,
  ['content-type', 'X-Amzn-SageMaker-Content-Type'],
])

export interface Headers {
  readonly names: readonly string[]
  readonly values: readonly string[]
}

/** The request head that a container gets for an invocation. */
export function containerRequestHead(
  request: Headers,
  { bodyBytes, streaming }: { readonly bodyBytes: number; readonly streaming: boolean },
): string {
  const passed = passing(request, streaming ? TO_CONTAINER_STREAMING : TO_CONTAINER)
  return (
    'POST /invocations HTTP/1.1\r\nHost: localhost:8080\r\n' +
    `${passed}Content-Length: ${bodyBytes}\r\n\r\n`
  )
}

/** The lines of a container's response that its caller gets. */
export function callerResponseLines(response: Headers, streaming: boolean): string {
  return passing(response, streaming ? TO_CALLER_STREAMING : TO_CALLER)
}

function passing({ names, values }: Headers, allowed: ReadonlyMap<string, string>): string {
  let lines = ''
  for (let index = 0; index < names.length; index++) {
    const name = allowed.get(names[index] as string)
    if (name !== undefined) lines += `${name}: ${values[index]}\r\n`
  }
  return lines
}
