import { newShortId } from '../../base/ids.ts'
import type { Caller } from '../../platform/scope.ts'
import type { Secrets } from '../../platform/secrets.ts'

/** What temporary credentials stand for. */
export interface Session {
  readonly caller: Caller
  /** The account's life in which the session began; it ends with it. */
  readonly realm: number
  readonly expiresAt: Date
  /** Whose time it ends by: a task's goes by the wall's, since the task renews it by its own time. */
  readonly endsBy: 'platform' | 'wall'
}

/** Temporary credentials as STS hands them out. */
export interface SessionCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: Date
}

interface SealedSession {
  readonly key: string
  readonly account: string
  readonly arn: string
  readonly user: string
  readonly realm: number
  readonly expires: number
  readonly wall?: true
}

const TOKEN_PURPOSE = 'session'
const SECRET_PURPOSE = 'session-secret'
const KEY_PREFIX = 'ASIA'
const KEY_RANDOM_CHARACTERS = 16
const SECRET_CHARACTERS = 40

/**
 * Makes temporary credentials without a row: the token carries the session, sealed, and the secret key
 * follows from the key's id, so that every process verifies them alone.
 */
export function issueSession(
  secrets: Secrets,
  session: Omit<Session, 'caller'> & { readonly caller: Omit<Caller, 'accessKeyId'> },
): SessionCredentials {
  const { caller, realm, expiresAt, endsBy } = session
  const accessKeyId = KEY_PREFIX + newShortId(KEY_RANDOM_CHARACTERS).toUpperCase()
  const sealed: SealedSession = {
    key: accessKeyId,
    account: caller.account,
    arn: caller.arn,
    user: caller.userId,
    realm,
    expires: expiresAt.getTime(),
    ...(endsBy === 'wall' && { wall: true }),
  }
  return {
    accessKeyId,
    secretAccessKey: sessionSecret(secrets, accessKeyId),
    sessionToken: secrets.seal(TOKEN_PURPOSE, sealed),
    expiresAt,
  }
}

/** @returns undefined when the token was not issued here or was altered; expiry is the caller's to judge */
export function openSession(secrets: Secrets, sessionToken: string): Session | undefined {
  const sealed = secrets.open<SealedSession>(TOKEN_PURPOSE, sessionToken)
  if (!sealed) return undefined
  const { key, account, arn, user, realm, expires, wall } = sealed
  return {
    caller: { account, arn, userId: user, accessKeyId: key },
    realm,
    expiresAt: new Date(expires),
    endsBy: wall ? 'wall' : 'platform',
  }
}

/** The secret access key that belongs to a temporary key's id: forty characters. */
export function sessionSecret(secrets: Secrets, accessKeyId: string): string {
  return secrets.derive(SECRET_PURPOSE, accessKeyId).toString('base64').slice(0, SECRET_CHARACTERS)
}

/** Whether a caller came with temporary credentials rather than with the platform's own key. */
export function isSessionKey(accessKeyId: string): boolean {
  return accessKeyId.startsWith(KEY_PREFIX)
}
