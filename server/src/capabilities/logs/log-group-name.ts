import { type Arn, formatArn, parseArn } from '../../aws/arn.ts'
import type { Place } from '../../platform/scope.ts'
import { invalidParameter } from './logs-errors.ts'

export function logGroupArn({ account, region }: Omit<Place, 'realm'>, name: string): Arn {
  return formatArn({ service: 'logs', region, account, resource: `log-group:${name}` })
}

export function logStreamArn(groupArn: string, name: string): string {
  return `${groupArn}:log-stream:${name}`
}

/**
 * The group that a request names, by `logGroupName` or by `logGroupIdentifier`, which is a name or an ARN.
 * @throws invalidParameter when it gives both or neither
 */
export function groupNameOf(input: {
  logGroupName?: string | undefined
  logGroupIdentifier?: string | undefined
}): string {
  const { logGroupName: name, logGroupIdentifier: identifier } = input
  if (name !== undefined && identifier !== undefined) {
    throw invalidParameter('LogGroup name and LogGroup identifier cannot both be given.')
  }
  if (name === undefined && identifier === undefined) {
    throw invalidParameter('Either LogGroup name or LogGroup identifier must be given.')
  }
  return name ?? nameOfIdentifier(identifier ?? '')
}

export function nameOfIdentifier(identifier: string): string {
  if (!identifier.startsWith('arn:')) return identifier
  const name = /^log-group:([^:]+)$/.exec(parseArn(identifier)?.resource ?? '')?.[1]
  if (name === undefined) throw invalidParameter(`Invalid log group identifier: ${identifier}`)
  return name
}
