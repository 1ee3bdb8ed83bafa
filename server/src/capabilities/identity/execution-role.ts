import { createHash } from 'node:crypto'
import type { Arn } from '../../aws/arn.ts'
import { formatArn } from '../../aws/arn.ts'

/**
 * The role that is there from the start. The platform's own key acts as a session of it, since the
 * SageMaker Python SDK derives `get_execution_role()` from an assumed-role ARN and recognises roles that
 * SageMaker's console made by this beginning of the name.
 */
export const EXECUTION_ROLE_NAME = 'AmazonSageMaker-ExecutionRole-Sagebrush'
export const EXECUTION_ROLE_PATH = '/service-role/'
export const EXECUTION_ROLE_SESSION = 'sagebrush'

const ID_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function roleArn(account: string, path: string, name: string): Arn {
  return formatArn({ service: 'iam', region: '', account, resource: `role${path}${name}` })
}

export function assumedRoleArn(account: string, roleName: string, sessionName: string): Arn {
  const resource = `assumed-role/${roleName}/${sessionName}`
  return formatArn({ service: 'sts', region: '', account, resource })
}

/** Follows from the account, so that a process without a database knows who the platform's key is. */
export function executionRoleId(account: string): string {
  const digest = createHash('sha256').update(`${account}/${EXECUTION_ROLE_NAME}`).digest()
  const characters = [...digest.subarray(0, 17)].map((byte) => ID_CHARACTERS[byte % 32])
  return `AROA${characters.join('')}`
}

/** Who may act as the role: SageMaker, for jobs and endpoints, and everyone in the account. */
export function executionRoleTrustPolicy(account: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sagemaker.amazonaws.com' },
        Action: 'sts:AssumeRole',
      },
      {
        Effect: 'Allow',
        Principal: { AWS: formatArn({ service: 'iam', region: '', account, resource: 'root' }) },
        Action: 'sts:AssumeRole',
      },
    ],
  })
}
