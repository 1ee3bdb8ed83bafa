/**
 * Who bears an access key: the part of identity that gateways use too. It reaches neither the database
 * nor the workflows, and answers without waiting.
 */
import { type Clock, systemClock } from '../../base/clock.ts'
import type { Caller } from '../../platform/scope.ts'
import type { Secrets } from '../../platform/secrets.ts'
import type { CredentialSource, Credentials } from '../../wire/handler.ts'
import {
  assumedRoleArn,
  EXECUTION_ROLE_NAME,
  EXECUTION_ROLE_SESSION,
  executionRoleId,
} from './execution-role.ts'
import { openSession, type Session, sessionSecret } from './session.ts'

/** The key made with the data directory; it does not expire. */
export interface RootKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface CredentialSourceOptions {
  readonly secrets: Secrets
  readonly account: string
  readonly rootKey: RootKey
  /** The platform's clock: sessions end by it, but for those of tasks. */
  readonly clock: Clock
  /** What tasks' sessions end by: the system's; another one is for tests. */
  readonly wallClock?: Clock
  /** Where known, sessions of an account's former life are refused; gateways do not know it. */
  readonly presentRealm?: (account: string) => number | undefined
}

/** Opened tokens that are remembered, so that a client's every request does not open its token again. */
const OPENED_TOKENS_MAX = 1_024

export function createCredentialSource(options: CredentialSourceOptions): CredentialSource {
  const { secrets, rootKey, presentRealm } = options
  const { clock, wallClock = systemClock } = options
  const root: Credentials = {
    known: true,
    secretAccessKey: rootKey.secretAccessKey,
    caller: rootCaller(options.account, rootKey.accessKeyId),
  }
  const opened = rememberLast(OPENED_TOKENS_MAX, (token) => openSession(secrets, token))

  return {
    find: (accessKeyId, sessionToken) => {
      if (sessionToken === undefined || sessionToken === '') {
        return accessKeyId === rootKey.accessKeyId ? root : { known: false, because: 'unknown key' }
      }
      const session = opened(sessionToken)
      if (session?.caller.accessKeyId !== accessKeyId) {
        return { known: false, because: 'invalid token' }
      }
      const realm = presentRealm?.(session.caller.account)
      if (realm !== undefined && realm !== session.realm) {
        return { known: false, because: 'invalid token' }
      }
      const now = session.endsBy === 'wall' ? wallClock.now() : clock.now()
      if (now >= session.expiresAt) return { known: false, because: 'expired token' }
      const secretAccessKey = sessionSecret(secrets, accessKeyId)
      return { known: true, secretAccessKey, caller: session.caller }
    },
  }
}

/** The bearer of the platform's own key: a session of the ready execution role. */
export function rootCaller(account: string, accessKeyId: string): Caller {
  return {
    account,
    arn: assumedRoleArn(account, EXECUTION_ROLE_NAME, EXECUTION_ROLE_SESSION),
    userId: `${executionRoleId(account)}:${EXECUTION_ROLE_SESSION}`,
    accessKeyId,
  }
}

/** Remembers the answers to the latest `entriesMax` tokens that could be opened. */
function rememberLast(
  entriesMax: number,
  open: (token: string) => Session | undefined,
): (token: string) => Session | undefined {
  const entries = new Map<string, Session>()
  return (token) => {
    const session = entries.get(token) ?? open(token)
    if (!session) return undefined
    entries.delete(token)
    entries.set(token, session)
    if (entries.size > entriesMax) {
      const oldest = entries.keys().next()
      if (!oldest.done) entries.delete(oldest.value)
    }
    return session
  }
}
