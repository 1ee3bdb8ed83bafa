import { SignatureFault } from './fault.ts'

/** What a request says about its own signature; nothing of it is believed yet. */
export interface SignatureClaim {
  /** 4, but for what `version-2.ts` reads. */
  readonly version: 2 | 4
  readonly place: 'header' | 'query'
  readonly accessKeyId: string
  /** The credential scope: `YYYYMMDD`, region, signing name. */
  readonly date: string
  readonly region: string
  readonly service: string
  /** Of date, region and signing name, as the string to sign has it. */
  readonly scope: string
  /** Lower case, in the order of the claim. */
  readonly signedHeaders: readonly string[]
  /** The same, joined by semicolons. */
  readonly signedHeaderNames: string
  /** 64 hexadecimal digits. */
  readonly signature: string
  /** `YYYYMMDDTHHMMSSZ`, as signed. */
  readonly timestamp: string
  readonly sessionToken: string | undefined
  /** Presigned requests only: how long after `timestamp` they hold; in version 2, epoch seconds of the end. */
  readonly expiresSeconds: number | undefined
}

/** The parts of a request's head that signatures are about, from any HTTP implementation. */
export interface SignedHead {
  readonly method: string
  readonly rawPath: string
  readonly rawQuery: string
  /** By lower-case name, values of repeated headers joined with commas; bytes as latin-1 characters. */
  header(name: string): string | undefined
}

export const ALGORITHM = 'AWS4-HMAC-SHA256'
/** Seven days: the longest that a presigned request may hold. */
export const EXPIRES_SECONDS_MAX = 604_800

const PRESIGNED = /(?:^|&)X-Amz-(?:Algorithm|Signature|Credential)=/

/** @throws SignatureFault when there is no claim, or it cannot be read */
export function readClaim(head: SignedHead): SignatureClaim {
  const authorization = head.header('authorization')
  if (authorization !== undefined) return readHeaderClaim(head, authorization)
  if (PRESIGNED.test(head.rawQuery)) return readQueryClaim(head)
  throw new SignatureFault({ kind: 'missing' })
}

function readHeaderClaim(head: SignedHead, authorization: string): SignatureClaim {
  const space = authorization.indexOf(' ')
  if (authorization.slice(0, space < 0 ? undefined : space) !== ALGORITHM) {
    throw new SignatureFault({ kind: 'unsupported', authorization })
  }
  const timestamp = head.header('x-amz-date') ?? basicDate(head.header('date'))
  const sessionToken = head.header('x-amz-security-token')
  const known = knownClaims.get(beforeSignature(authorization))
  if (known && timestamp !== undefined) {
    const signature = authorization.slice(-SIGNATURE_CHARACTERS)
    return { ...known, signature, timestamp, sessionToken }
  }
  const parts = new Map<string, string>()
  for (const part of authorization.slice(space + 1).split(',')) {
    const equals = part.indexOf('=')
    if (equals > 0) parts.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  const absent = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !parts.get(name))
  if (absent.length > 0 || timestamp === undefined) {
    throw new SignatureFault({
      kind: 'incomplete',
      because: [
        ...absent.map((name) => `Authorization header requires '${name}' parameter.`),
        ...(timestamp === undefined
          ? ["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."]
          : []),
        `Authorization=${ALGORITHM}`,
      ].join(' '),
    })
  }
  const claim: KnownClaim = {
    version: 4,
    place: 'header',
    ...credentialOf(parts.get('Credential') ?? ''),
    ...signedHeadersOf(parts.get('SignedHeaders') ?? ''),
    expiresSeconds: undefined,
  }
  const signature = parts.get('Signature') ?? ''
  if (authorization.endsWith(`Signature=${signature}`)) remember(authorization, signature, claim)
  return { ...claim, signature, timestamp, sessionToken }
}

/** What a client's every request of a day says alike: all of its claim that stands before the signature. */
type KnownClaim = Omit<SignatureClaim, 'signature' | 'timestamp' | 'sessionToken'>

const SIGNATURE_CHARACTERS = 64
const KNOWN_CLAIMS_MAX = 1_000
const knownClaims = new Map<string, KnownClaim>()

function beforeSignature(authorization: string): string {
  return authorization.slice(0, -SIGNATURE_CHARACTERS)
}

/** Nothing is believed of what is remembered: it only spares reading the same text again. */
function remember(authorization: string, signature: string, claim: KnownClaim): void {
  if (signature.length !== SIGNATURE_CHARACTERS || signature.includes(',')) return
  if (knownClaims.size >= KNOWN_CLAIMS_MAX) knownClaims.clear()
  knownClaims.set(beforeSignature(authorization), claim)
}

function readQueryClaim(head: SignedHead): SignatureClaim {
  const query = new URLSearchParams(head.rawQuery)
  const names = ['Algorithm', 'Credential', 'Signature', 'Date', 'SignedHeaders'] as const
  const absent = names.filter((name) => !query.get(`X-Amz-${name}`))
  if (absent.length > 0 || query.get('X-Amz-Algorithm') !== ALGORITHM) {
    throw new SignatureFault({
      kind: 'incomplete',
      because: `Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.`,
    })
  }
  const expires = query.get('X-Amz-Expires')
  return {
    version: 4,
    place: 'query',
    ...credentialOf(query.get('X-Amz-Credential') ?? ''),
    ...signedHeadersOf(query.get('X-Amz-SignedHeaders') ?? ''),
    signature: query.get('X-Amz-Signature') ?? '',
    timestamp: query.get('X-Amz-Date') ?? '',
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    expiresSeconds: expiresSecondsOf(expires),
  }
}

function expiresSecondsOf(text: string | null): number {
  const seconds = text === null ? 900 : Number(text)
  if (!Number.isInteger(seconds)) {
    throw new SignatureFault({ kind: 'expiry', because: 'X-Amz-Expires should be a number' })
  }
  if (seconds < 0) {
    throw new SignatureFault({ kind: 'expiry', because: 'X-Amz-Expires must be non-negative' })
  }
  if (seconds > EXPIRES_SECONDS_MAX) {
    const because = `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${EXPIRES_SECONDS_MAX} seconds`
    throw new SignatureFault({ kind: 'expiry', because })
  }
  return seconds
}

function credentialOf(credential: string) {
  const parts = credential.split('/')
  const [service, region, date] = [parts.at(-2), parts.at(-3), parts.at(-4)]
  const accessKeyId = parts.slice(0, -4).join('/')
  const terminated = parts.at(-1) === 'aws4_request'
  if (!terminated || !accessKeyId || !service || !region || !date || !/^\d{8}$/.test(date)) {
    throw new SignatureFault({
      kind: 'incomplete',
      because: `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    })
  }
  const scope = `${date}/${region}/${service}/aws4_request`
  return { accessKeyId, date, region, service, scope }
}

function signedHeadersOf(text: string) {
  const signedHeaderNames = text.toLowerCase()
  return { signedHeaderNames, signedHeaders: signedHeaderNames.split(';') }
}

/** The signed form of an HTTP date; undefined when it is none. */
function basicDate(httpDate: string | undefined): string | undefined {
  if (httpDate === undefined) return undefined
  if (/^\d{8}T\d{6}Z$/.test(httpDate)) return httpDate
  const milliseconds = Date.parse(httpDate)
  return Number.isNaN(milliseconds) ? undefined : formatTimestamp(new Date(milliseconds))
}

/** `YYYYMMDDTHHMMSSZ`, the ISO 8601 basic form that signatures carry. */
export function formatTimestamp(instant: Date): string {
  return instant.toISOString().replace(/[-:]|\.\d{3}/g, '')
}

let latest: { readonly text: string; readonly instant: Date } | undefined

/** @returns undefined when `text` is not in that form */
export function parseTimestamp(text: string): Date | undefined {
  // a busy client's requests of one second carry one text
  if (latest?.text === text) return latest.instant
  const instant = readTimestamp(text)
  if (instant) latest = { text, instant }
  return instant
}

function readTimestamp(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number)
  return new Date(
    Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0),
  )
}
