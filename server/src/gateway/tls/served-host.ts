/** The suffixes of AWS's host names: what clients reach through the proxy without knowing of us. */
const AWS_SUFFIXES = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'api.aws',
  'api.amazonwebservices.com.cn',
  'on.aws',
  'sagemaker.aws',
]
const LOCAL_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1'])

export interface Authority {
  readonly hostname: string
  readonly port: number
}

/** Reads `host:port` or `[address]:port`. @returns undefined when it is neither */
export function parseAuthority(text: string, defaultPort?: number): Authority | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:@/\s]+))(?::(\d{1,5}))?$/i.exec(text)
  const hostname = (match?.[1] ?? match?.[2])?.toLowerCase()
  const port = match?.[3] === undefined ? defaultPort : Number(match[3])
  if (hostname === undefined || port === undefined || port < 1 || port > 65_535) return undefined
  return { hostname, port }
}

/** Whether requests to this host are answered here: AWS's names, and this port of this machine. */
export function isServedHost({ hostname, port }: Authority, ownPort: number): boolean {
  if (LOCAL_NAMES.has(hostname)) return port === ownPort
  return AWS_SUFFIXES.some((suffix) => hostname === suffix || hostname.endsWith(`.${suffix}`))
}
