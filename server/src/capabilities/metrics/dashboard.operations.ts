import type {
  DashboardValidationMessage,
  DeleteDashboardsCommandInput,
  GetDashboardCommandInput,
  GetDashboardOutput,
  ListDashboardsCommandInput,
  ListDashboardsOutput,
  PutDashboardCommandInput,
  PutDashboardOutput,
} from '@aws-sdk/client-cloudwatch'
import { formatArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/errors.ts'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { removeTags } from '../tags/index.ts'
import {
  deleteDashboardRows,
  findDashboardBody,
  listDashboardRecords,
  upsertDashboard,
} from './dashboard.store.ts'
import { checkDashboardBody } from './dashboard.validation.ts'
import { putMetricTags, readMetricTags } from './metric-tags.ts'
import { invalidParameterValue } from './metrics-errors.ts'

/** @source Amazon CloudWatch API Reference, ListDashboards */
const PAGE_DASHBOARDS = 1_000
const NAME_PATTERN = /^[0-9A-Za-z_-]{1,255}$/

/** Dashboards are the account's, and not of one region. */
export function dashboardArn({ account }: Pick<RequestScope, 'account'>, name: string): string {
  return formatArn({ service: 'cloudwatch', region: '', account, resource: `dashboard/${name}` })
}

/**
 * Makes a dashboard or replaces its body; tags of one that is there are left alone.
 * @throws dashboardInvalidInput, and what tags are refused with
 */
export async function putDashboard(
  input: PutDashboardCommandInput,
  scope: RequestScope,
): Promise<PutDashboardOutput> {
  const { DashboardName: name = '', DashboardBody: body = '', Tags: tags } = input
  if (!NAME_PATTERN.test(name)) {
    throw dashboardInvalidInput(
      `The value ${name} for field DashboardName contains invalid characters. ` +
        'It can only contain alphanumerics, dash (-) and underscore (_).',
    )
  }
  const faults = checkDashboardBody(body)
  if (!faults) throw dashboardInvalidInput('The field DashboardBody must be a valid JSON object')
  if (faults.errors.length > 0) throw invalidBody(faults.errors)
  readMetricTags(tags)
  const arn = dashboardArn(scope, name)
  await scope.database.transaction(async (transaction) => {
    const lastModified = scope.clock.now()
    const isNew = await upsertDashboard(transaction, scope, { name, body, lastModified })
    if (isNew) await putMetricTags(transaction, scope, { resourceArn: arn, tags })
  })
  return { DashboardValidationMessages: [...faults.warnings] }
}

/** @throws dashboardNotFound */
export async function getDashboard(
  input: GetDashboardCommandInput,
  scope: RequestScope,
): Promise<GetDashboardOutput> {
  const { DashboardName: name = '' } = input
  const body = await findDashboardBody(scope.database, scope, name)
  if (body === undefined) throw dashboardNotFound(name)
  return { DashboardArn: dashboardArn(scope, name), DashboardName: name, DashboardBody: body }
}

/** @throws invalidParameterValue */
export async function listDashboards(
  input: ListDashboardsCommandInput,
  scope: RequestScope,
): Promise<ListDashboardsOutput> {
  const { DashboardNamePrefix: prefix = '', NextToken: token } = input
  const after = token === undefined ? '' : afterNameOf(token)
  const found = await listDashboardRecords(scope.database, scope, {
    prefix,
    after,
    limit: PAGE_DASHBOARDS + 1,
  })
  const page = found.slice(0, PAGE_DASHBOARDS)
  const last = found.length > PAGE_DASHBOARDS ? page.at(-1) : undefined
  return {
    DashboardEntries: page.map((one) => ({
      DashboardName: one.name,
      DashboardArn: dashboardArn(scope, one.name),
      LastModified: one.lastModified,
      Size: one.sizeBytes,
    })),
    ...(last ? { NextToken: encodePageToken({ afterName: last.name }) } : {}),
  }
}

/** All of them or, when one is not there, none. @throws dashboardNotFound */
export async function deleteDashboards(
  input: DeleteDashboardsCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const names = [...new Set(input.DashboardNames ?? [])]
  await scope.database.transaction(async (transaction) => {
    const deleted = await deleteDashboardRows(transaction, scope, names)
    const missing = names.filter((name) => !deleted.includes(name))
    if (missing.length > 0) throw dashboardNotFound(missing.join(', '))
    for (const name of deleted) await removeTags(transaction, scope, dashboardArn(scope, name))
  })
  return {}
}

/** Whether an ARN names a dashboard of the account. */
export async function dashboardExists(arn: string, scope: RequestScope): Promise<boolean> {
  const name = /:dashboard\/(.+)$/.exec(arn)?.[1] ?? ''
  if (arn !== dashboardArn(scope, name)) return false
  return (await findDashboardBody(scope.database, scope, name)) !== undefined
}

function invalidBody(errors: readonly DashboardValidationMessage[]): AwsError {
  const shown = errors.map(({ DataPath, Message }) => ({ dataPath: DataPath, message: Message }))
  return dashboardInvalidInput(
    `The dashboard body is invalid, there are ${errors.length} validation errors:\n` +
      JSON.stringify(shown, undefined, 2),
    errors,
  )
}

function dashboardInvalidInput(
  message: string,
  dashboardValidationMessages?: readonly DashboardValidationMessage[],
): AwsError {
  const members = dashboardValidationMessages ? { dashboardValidationMessages } : {}
  return new AwsError('DashboardInvalidInputError', message, { members })
}

function dashboardNotFound(name: string): AwsError {
  return new AwsError('DashboardNotFoundError', `Dashboard ${name} does not exist`)
}

function afterNameOf(token: string): string {
  const { afterName } = decodePageToken<{ afterName?: unknown }>(token) ?? {}
  if (typeof afterName === 'string') return afterName
  throw invalidParameterValue('The NextToken is not valid: give the one of the page before.')
}
