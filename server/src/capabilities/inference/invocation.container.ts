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

/** To a container whose answer another one gets. */
const TO_CONTAINER_BEFORE_OTHERS: ReadonlyMap<string, string> = new Map(
  [...TO_CONTAINER].filter(([name]) => name !== 'accept'),
)

/** What describes a body: of a container's answer it holds for the container that gets it next. */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-type',
  'x-amzn-sagemaker-custom-attributes',
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

/** Lengths of names that pass at all: most headers are told from these without a look at their text. */
const PASSING_LENGTHS: ReadonlySet<number> = new Set(
  [TO_CONTAINER, TO_CONTAINER_STREAMING, TO_CALLER].flatMap((names) =>
    Array.from(names.keys(), ({ length }) => length),
  ),
)

export interface Headers {
  readonly names: readonly string[]
  readonly values: readonly string[]
}

/**
 * The request head that a container gets for an invocation.
 *
 * @param options.accepts false: what the caller accepts is not said
 */
export function containerRequestHead(
  request: Headers,
  options: {
    readonly bodyBytes: number
    readonly streaming: boolean
    readonly accepts?: boolean
  },
): string {
  const { bodyBytes, streaming, accepts = true } = options
  const allowed = streaming ? TO_CONTAINER_STREAMING : TO_CONTAINER
  const passed = passing(request, accepts ? allowed : TO_CONTAINER_BEFORE_OTHERS)
  return (
    'POST /invocations HTTP/1.1\r\nHost: localhost:8080\r\n' +
    `${passed}Content-Length: ${bodyBytes}\r\n\r\n`
  )
}

/** The caller's headers, with what a container said of its answer in place of what the caller said of the body. */
export function headersOfAnswer(request: Headers, answer: Headers): Headers {
  const said = answer.names.flatMap((name, index) =>
    OF_THE_BODY.has(name) ? [{ name, value: answer.values[index] ?? '' }] : [],
  )
  const kept = request.names.flatMap((name, index) => {
    const isReplaced = name === 'content-type' || said.some((one) => one.name === name)
    return isReplaced ? [] : [{ name, value: request.values[index] ?? '' }]
  })
  const all = [...said, ...kept]
  return { names: all.map(({ name }) => name), values: all.map(({ value }) => value) }
}

/** The lines of a container's response that its caller gets. */
export function callerResponseLines(response: Headers, streaming: boolean): string {
  return passing(response, streaming ? TO_CALLER_STREAMING : TO_CALLER)
}

function passing({ names, values }: Headers, allowed: ReadonlyMap<string, string>): string {
  let lines = ''
  for (let index = 0; index < names.length; index++) {
    const given = names[index] as string
    const name = PASSING_LENGTHS.has(given.length) ? allowed.get(given) : undefined
    if (name !== undefined) lines += `${name}: ${values[index]}\r\n`
  }
  return lines
}
