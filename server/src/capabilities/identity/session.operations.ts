import type {
  AssumeRoleCommandInput,
  AssumeRoleResponse,
  Credentials,
  GetCallerIdentityCommandInput,
  GetCallerIdentityResponse,
  GetSessionTokenCommandInput,
  GetSessionTokenResponse,
} from '@aws-sdk/client-sts'
import { parseArn } from '../../aws/arn.ts'
import { type Clock, systemClock } from '../../base/clock.ts'
import { wallAt } from '../../base/steerable-clock.ts'
import type { Caller, RequestScope } from '../../platform/scope.ts'
import { assumedRoleArn, roleArn } from './execution-role.ts'
import { packedPolicyTooLarge, queryAccessDenied, validationError } from './iam-errors.ts'
import { parsePermissionPolicy, parseTrustPolicy } from './policy-document.ts'
import { findPresentRealm } from './realm.store.ts'
import { findRole, findRoleByArn, type RoleRecord } from './role.store.ts'
import { isSessionKey, issueSession } from './session.ts'
import { trusts } from './trust-policy.ts'

/** @source STS API Reference, AssumeRole and GetSessionToken */
const ASSUMED_SECONDS_DEFAULT = 3_600
const CHAINED_SECONDS_MAX = 3_600
const SESSION_TOKEN_SECONDS_DEFAULT = 43_200
const SESSION_POLICY_CHARACTERS_MAX = 2_048

export async function getCallerIdentity(
  _input: GetCallerIdentityCommandInput,
  { caller }: RequestScope,
): Promise<GetCallerIdentityResponse> {
  return { UserId: caller.userId, Account: caller.account, Arn: caller.arn }
}

/**
 * Sessions end by the platform's clock. `Expiration` says when that is on the client's own, as the platform's
 * runs now. A session policy is checked for its form; permissions are not evaluated.
 * @throws packedPolicyTooLarge, queryAccessDenied, validationError
 */
export async function assumeRole(
  input: AssumeRoleCommandInput,
  scope: RequestScope,
): Promise<AssumeRoleResponse> {
  const { RoleArn: arn = '', RoleSessionName: sessionName = '' } = input
  if (input.Policy !== undefined) checkSessionPolicy(input.Policy)
  const found = await findAssumableRole(arn, { scope, externalId: input.ExternalId })
  if (!found) {
    const action = `perform: sts:AssumeRole on resource: ${arn}`
    throw queryAccessDenied(`User: ${scope.caller.arn} is not authorized to ${action}`)
  }
  const { role, realm, account } = found
  const caller = {
    account,
    arn: assumedRoleArn(account, role.name, sessionName),
    userId: `${role.roleId}:${sessionName}`,
  }
  const seconds = assumedSeconds(input.DurationSeconds, { role, caller: scope.caller })
  return {
    Credentials: temporaryCredentials(scope, { caller, realm, seconds }),
    AssumedRoleUser: { AssumedRoleId: caller.userId, Arn: caller.arn },
    ...(input.Policy === undefined ? {} : { PackedPolicySize: packedPercent(input.Policy) }),
    ...(input.SourceIdentity === undefined ? {} : { SourceIdentity: input.SourceIdentity }),
  }
}

/** @throws queryAccessDenied when the caller came with temporary credentials */
export async function getSessionToken(
  input: GetSessionTokenCommandInput,
  scope: RequestScope,
): Promise<GetSessionTokenResponse> {
  const { caller, realm } = scope
  if (isSessionKey(caller.accessKeyId)) {
    throw queryAccessDenied('Cannot call GetSessionToken with session credentials')
  }
  const seconds = input.DurationSeconds ?? SESSION_TOKEN_SECONDS_DEFAULT
  return { Credentials: temporaryCredentials(scope, { caller, realm, seconds }) }
}

async function findAssumableRole(
  arn: string,
  { scope, externalId }: { scope: RequestScope; externalId: string | undefined },
): Promise<{ role: RoleRecord; realm: number; account: string } | undefined> {
  const parts = parseArn(arn)
  if (parts?.service !== 'iam' || !parts.resource.startsWith('role/')) {
    throw validationError(`${arn} is invalid`)
  }
  const { account } = parts
  const own = account === scope.account
  const realm = own ? scope.realm : await findPresentRealm(scope.database, account)
  if (realm === undefined) return undefined
  const role = await findRoleByArn(scope.database, realm, arn)
  if (!role) return undefined
  const callerRoleArn = await roleArnOf(scope)
  const trusted = trusts(parseTrustPolicy(role.trustPolicy), {
    kind: 'caller',
    account: scope.caller.account,
    arn: scope.caller.arn,
    ...(callerRoleArn === undefined ? {} : { roleArn: callerRoleArn }),
    ...(externalId === undefined ? {} : { externalId }),
  })
  return trusted ? { role, realm, account } : undefined
}

/** A session's ARN leaves out its role's path: the role itself has to be looked up. */
async function roleArnOf({ caller, database, realm }: RequestScope): Promise<string | undefined> {
  const name = /:assumed-role\/([^/]+)\//.exec(caller.arn)?.[1]
  if (name === undefined) return undefined
  return (await findRole(database, realm, name))?.arn ?? roleArn(caller.account, '/', name)
}

function assumedSeconds(
  wanted: number | undefined,
  { role, caller }: { role: RoleRecord; caller: Caller },
): number {
  const seconds = wanted ?? Math.min(ASSUMED_SECONDS_DEFAULT, role.sessionSecondsMax)
  if (seconds > role.sessionSecondsMax) {
    throw validationError(
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  }
  if (seconds > CHAINED_SECONDS_MAX && isSessionKey(caller.accessKeyId)) {
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  }
  return seconds
}

function checkSessionPolicy(policy: string): void {
  parsePermissionPolicy(policy)
  if (policy.length > SESSION_POLICY_CHARACTERS_MAX) {
    throw packedPolicyTooLarge(
      `Session policy has ${policy.length} characters: at most ${SESSION_POLICY_CHARACTERS_MAX} are allowed`,
    )
  }
}

function packedPercent(policy: string): number {
  return Math.ceil((policy.length / SESSION_POLICY_CHARACTERS_MAX) * 100)
}

function temporaryCredentials(
  { secrets, clock }: Pick<RequestScope, 'secrets' | 'clock'>,
  options: {
    readonly caller: Omit<Caller, 'accessKeyId'>
    readonly realm: number
    readonly seconds: number
  },
): Credentials {
  const { caller, realm, seconds } = options
  const expiresAt = secondsFromNow(clock, seconds)
  const session = issueSession(secrets, { caller, realm, expiresAt, endsBy: 'platform' })
  // a frozen clock never gets there: clients renew by theirs
  const onTheWall = wallAt(clock, expiresAt) ?? secondsFromNow(systemClock, seconds)
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: onTheWall,
  }
}

function secondsFromNow(clock: Clock, seconds: number): Date {
  const wholeNow = Math.floor(clock.now().getTime() / 1_000)
  return new Date((wholeNow + seconds) * 1_000)
}
