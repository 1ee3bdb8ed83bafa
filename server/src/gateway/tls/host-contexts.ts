import { createSecureContext, type SecureContext } from 'node:tls'
import { systemClock } from '../../base/clock.ts'
import type { CertificateAuthority } from './certificate-authority.ts'

interface Issued {
  readonly context: SecureContext
  readonly validUntil: Date
}

const HOSTS_MAX = 1_000
const RENEWAL_MS = 86_400_000
const HOST = /^(?=.{1,253}$)[a-z0-9_*-]+(\.[a-z0-9_-]+)*$/

/** The TLS contexts of the hosts that this process speaks as, made as they are asked for. */
export class HostContexts {
  private readonly load: () => Promise<CertificateAuthority>
  private authority: Promise<CertificateAuthority> | undefined
  private readonly contexts = new Map<string, Promise<Issued>>()

  constructor(load: () => Promise<CertificateAuthority>) {
    this.load = load
  }

  /** @throws Error when `host` is no host name */
  async contextFor(host: string): Promise<SecureContext> {
    const name = host.toLowerCase()
    if (!HOST.test(name)) throw new Error(`'${host}' is no host name`)
    const cached = await this.contexts.get(name)
    const now = systemClock.now().getTime()
    if (cached && cached.validUntil.getTime() - now > RENEWAL_MS) return cached.context
    const making = this.make(name)
    this.contexts.set(name, making)
    // what failed is tried again by the next who asks
    making.catch(() => this.contexts.delete(name))
    this.forgetOldest()
    return (await making).context
  }

  private async make(host: string): Promise<Issued> {
    const { key, chain, validUntil } = await (await this.currentAuthority()).issue(host)
    return { context: createSecureContext({ key, cert: chain, minVersion: 'TLSv1.2' }), validUntil }
  }

  private async currentAuthority(): Promise<CertificateAuthority> {
    const loaded = await this.authority
    if (loaded && (await loaded.isPresent())) return loaded
    if (loaded) this.contexts.clear()
    const loading = this.load()
    this.authority = loading
    loading.catch(() => {
      this.authority = undefined
    })
    return loading
  }

  private forgetOldest(): void {
    if (this.contexts.size <= HOSTS_MAX) return
    const [oldest] = this.contexts.keys()
    if (oldest !== undefined) this.contexts.delete(oldest)
  }
}
