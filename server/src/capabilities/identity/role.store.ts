import type { Role, Tag } from '@aws-sdk/client-iam'
import type { Queryable, Row } from '../../platform/database/database.ts'

/** A role's row. */
export interface RoleRecord {
  readonly roleId: string
  readonly name: string
  readonly path: string
  readonly arn: string
  readonly description: string | undefined
  /** JSON, as it was given. */
  readonly trustPolicy: string
  readonly sessionSecondsMax: number
  readonly permissionsBoundaryArn: string | undefined
  readonly tags: readonly Tag[]
  readonly createdAt: Date
}

interface RoleRow extends Row {
  role_id: string
  name: string
  path: string
  arn: string
  description: string | null
  trust_policy: string
  session_seconds_max: number
  permissions_boundary_arn: string | null
  tags: Tag[]
  created_at: Date
}

const COLUMNS = `role_id, name, path, arn, description, trust_policy, session_seconds_max,
  permissions_boundary_arn, tags, created_at`

/** @throws a unique violation when the name is in use */
export async function insertRole(
  database: Queryable,
  realm: number,
  role: RoleRecord,
): Promise<void> {
  await database.query(
    `insert into iam_role (realm, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      realm,
      role.roleId,
      role.name,
      role.path,
      role.arn,
      role.description,
      role.trustPolicy,
      role.sessionSecondsMax,
      role.permissionsBoundaryArn,
      JSON.stringify(role.tags),
      role.createdAt,
    ],
  )
}

export async function findRole(
  database: Queryable,
  realm: number,
  name: string,
): Promise<RoleRecord | undefined> {
  const rows = await database.query<RoleRow>(
    `select ${COLUMNS} from iam_role where realm = $1 and lower(name) = lower($2)`,
    [realm, name],
  )
  return rows[0] && roleRecord(rows[0])
}

/** Holds the role's row until the transaction ends, so that nothing is added to a role that goes. */
export async function lockRole(
  transaction: Queryable,
  realm: number,
  name: string,
): Promise<RoleRecord | undefined> {
  const rows = await transaction.query<RoleRow>(
    `select ${COLUMNS} from iam_role where realm = $1 and lower(name) = lower($2) for update`,
    [realm, name],
  )
  return rows[0] && roleRecord(rows[0])
}

export async function findRoleByArn(
  database: Queryable,
  realm: number,
  arn: string,
): Promise<RoleRecord | undefined> {
  const rows = await database.query<RoleRow>(
    `select ${COLUMNS} from iam_role where realm = $1 and arn = $2`,
    [realm, arn],
  )
  return rows[0] && roleRecord(rows[0])
}

export async function countRoles(database: Queryable, realm: number): Promise<number> {
  const rows = await database.query<{ count: number }>(
    'select count(*)::integer as count from iam_role where realm = $1',
    [realm],
  )
  return rows[0]?.count ?? 0
}

/** In the order of names, those after `afterName` whose path begins with `pathPrefix`. */
export async function listRoleRecords(
  database: Queryable,
  realm: number,
  page: { pathPrefix: string; afterName: string; limit: number },
): Promise<readonly RoleRecord[]> {
  const rows = await database.query<RoleRow>(
    `select ${COLUMNS} from iam_role
     where realm = $1 and starts_with(path, $2) and name > $3 order by name limit $4`,
    [realm, page.pathPrefix, page.afterName, page.limit],
  )
  return rows.map(roleRecord)
}

export async function deleteRoleRecord(
  database: Queryable,
  realm: number,
  roleId: string,
): Promise<void> {
  await database.query('delete from iam_role where realm = $1 and role_id = $2', [realm, roleId])
}

/** The row in IAM's shape; documents go percent-encoded on the wire. */
export function roleShape(role: RoleRecord): Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: wholeSeconds(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    MaxSessionDuration: role.sessionSecondsMax,
    ...(role.description === undefined ? {} : { Description: role.description }),
    ...(role.permissionsBoundaryArn === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
            PermissionsBoundaryArn: role.permissionsBoundaryArn,
          },
        }),
    ...(role.tags.length === 0 ? {} : { Tags: [...role.tags] }),
  }
}

/** IAM's dates have no fractions of a second. */
function wholeSeconds(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1_000) * 1_000)
}

/** RFC 3986, as IAM encodes policy documents. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function roleRecord(row: RoleRow): RoleRecord {
  return {
    roleId: row.role_id,
    name: row.name,
    path: row.path,
    arn: row.arn,
    description: row.description ?? undefined,
    trustPolicy: row.trust_policy,
    sessionSecondsMax: row.session_seconds_max,
    permissionsBoundaryArn: row.permissions_boundary_arn ?? undefined,
    tags: row.tags,
    createdAt: row.created_at,
  }
}
