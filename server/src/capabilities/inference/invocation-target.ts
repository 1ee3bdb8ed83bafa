/** What an InvokeEndpoint request asks for, as its path says. */
export interface InvocationTarget {
  readonly endpointName: string
  readonly streaming: boolean
}

const PREFIX = '/endpoints/'
const PLAIN = '/invocations'
const STREAMING = '/invocations-response-stream'

/** @param path without query @returns undefined when it is no invocation that is answered here */
export function invocationTarget(method: string, path: string): InvocationTarget | undefined {
  if (method !== 'POST' || !path.startsWith(PREFIX)) return undefined
  const streaming = path.endsWith(STREAMING)
  if (!streaming && !path.endsWith(PLAIN)) return undefined
  const end = path.length - (streaming ? STREAMING.length : PLAIN.length)
  const encoded = path.slice(PREFIX.length, end)
  if (encoded === '' || encoded.includes('/')) return undefined
  const endpointName = encoded.includes('%') ? decoded(encoded) : encoded
  return endpointName === undefined ? undefined : { endpointName, streaming }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
