import { join } from 'node:path'

/** How a shell's environment comes to mean this platform. */
export interface Attachment {
  readonly variables: Readonly<Record<string, string>>
  /** What another way of attaching, or another account's session, left in the environment. */
  readonly stale: readonly string[]
}

export interface AttachmentOptions {
  readonly url: string
  readonly dataDir: string
  readonly region: string
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly proxy: boolean
  /** The environment that the variables will stand in. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1']

/**
 * The direct way moves every service by AWS_ENDPOINT_URL; the proxy's way moves hosts, also of clients that
 * build the names of AWS's hosts themselves. A person's own proxy and hosts that go round it stay, where
 * the platform does not take their place.
 */
export function attachment(options: AttachmentOptions): Attachment {
  const { url, proxy, keys, region, environment } = options
  const bundle = join(options.dataDir, 'ca', 'bundle.pem')
  const proxyVariables = {
    HTTPS_PROXY: url,
    AWS_CA_BUNDLE: bundle,
    // the SageMaker Python SDK also asks by the requests library, which has a variable of its own
    REQUESTS_CA_BUNDLE: bundle,
  }
  const variables = {
    ...(proxy ? proxyVariables : { AWS_ENDPOINT_URL: url }),
    NO_PROXY: directHosts(environment),
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  }
  const present = Object.keys(environment)
  // where both are set, Python and curl take the small ones
  const small = ['no_proxy', ...(proxy ? ['https_proxy'] : [])]
  return {
    variables,
    stale: [
      ...['AWS_SESSION_TOKEN', 'AWS_PROFILE'],
      ...(proxy ? ['AWS_ENDPOINT_URL'] : []),
      ...present.filter((name) => small.includes(name) || name.startsWith('AWS_ENDPOINT_URL_')),
      ...Object.entries(proxyVariables).flatMap(([name, value]) =>
        !proxy && environment[name] === value ? [name] : [],
      ),
    ],
  }
}

/**
 * Takes the proxy's way back out of an environment that was attached by it, for programs that shall reach
 * the real world: what the platform itself gets from npm and PyPI must not be asked of the platform.
 */
export function detach(environment: Record<string, string | undefined>, dataDir: string): void {
  if (environment.AWS_CA_BUNDLE !== join(dataDir, 'ca', 'bundle.pem')) return
  for (const name of ['HTTPS_PROXY', 'AWS_CA_BUNDLE', 'REQUESTS_CA_BUNDLE']) {
    delete environment[name]
  }
}

function directHosts({ NO_PROXY, no_proxy }: AttachmentOptions['environment']): string {
  const own = (no_proxy ?? NO_PROXY ?? '').split(',').map((host) => host.trim())
  return [...new Set([...own.filter((host) => host !== ''), ...LOCAL_HOSTS])].join(',')
}
