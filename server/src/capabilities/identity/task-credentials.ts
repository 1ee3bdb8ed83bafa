import { parseArn } from '../../aws/arn.ts'
import { systemClock } from '../../base/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Secrets } from '../../platform/secrets.ts'
import { assumedRoleArn } from './execution-role.ts'
import { findRoleByArn } from './role.store.ts'
import { issueSession } from './session.ts'

/** What a task's token says about its bearer. */
export interface TaskIdentity {
  readonly taskId: string
  readonly roleArn: string
  readonly realm: number
  readonly account: string
  readonly region: string
}

/** An HTTP answer; `body` goes out as JSON. */
export interface CredentialsAnswer {
  readonly status: 200 | 403
  readonly body: object
}

const PURPOSE = 'task-token'
const SESSION_SECONDS = 3_600
/** As SageMaker names the sessions of execution roles. */
const SESSION_NAME = 'SageMaker'

/** Makes a task's proof of who it is. It does not expire, and ends with the account's life. */
export function issueTaskToken(secrets: Secrets, identity: TaskIdentity): string {
  return secrets.seal(PURPOSE, identity)
}

/** @returns undefined when the token was not issued here */
export function openTaskToken(secrets: Secrets, token: string): TaskIdentity | undefined {
  return secrets.open<TaskIdentity>(PURPOSE, token)
}

/**
 * Answers `GET /_sagebrush/credentials`, which containers reach through the SDKs' container credential
 * provider: the task's token, sent as `Authorization`, buys an hour of its execution role. It is an hour of
 * the wall's clock, by which the container renews it: the platform's clock may be put ahead and the task runs on.
 */
export async function answerTaskCredentials(
  platform: {
    readonly secrets: Secrets
    readonly database: Database
    readonly presentRealm: (account: string) => number
  },
  authorization: string | undefined,
): Promise<CredentialsAnswer> {
  const task = authorization && openTaskToken(platform.secrets, authorization.trim())
  if (!task) return refused('InvalidToken', 'the Authorization header carries no task token')
  if (platform.presentRealm(task.account) !== task.realm) {
    return refused('TaskEnded', 'the account was reset after this task began')
  }
  const role = await findRoleByArn(platform.database, task.realm, task.roleArn)
  if (!role) return refused('RoleNotFound', `role ${task.roleArn} was deleted`)
  const account = parseArn(role.arn)?.account ?? task.account
  const session = issueSession(platform.secrets, {
    caller: {
      account,
      arn: assumedRoleArn(account, role.name, SESSION_NAME),
      userId: `${role.roleId}:${SESSION_NAME}`,
    },
    realm: task.realm,
    endsBy: 'wall',
    expiresAt: new Date(systemClock.now().getTime() + SESSION_SECONDS * 1_000),
  })
  const body = {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    Token: session.sessionToken,
    Expiration: session.expiresAt.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    RoleArn: role.arn,
  }
  return { status: 200, body }
}

function refused(code: string, message: string): CredentialsAnswer {
  return { status: 403, body: { code, message } }
}
