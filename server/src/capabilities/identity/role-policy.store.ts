import type { Queryable } from '../../platform/database/database.ts'

/** Which role's policies are meant. */
export interface RoleKey {
  readonly realm: number
  readonly roleId: string
}

interface Page {
  readonly after: string
  readonly limit: number
}

export async function attachPolicy(
  transaction: Queryable,
  { realm, roleId }: RoleKey,
  attachment: { policyArn: string; at: Date },
): Promise<void> {
  await transaction.query(
    `insert into iam_role_attachment (realm, role_id, policy_arn, attached_at)
     values ($1, $2, $3, $4) on conflict do nothing`,
    [realm, roleId, attachment.policyArn, attachment.at],
  )
}

/** @returns whether it was attached */
export async function detachPolicy(
  transaction: Queryable,
  { realm, roleId }: RoleKey,
  policyArn: string,
): Promise<boolean> {
  const rows = await transaction.query(
    `delete from iam_role_attachment where realm = $1 and role_id = $2 and policy_arn = $3
     returning policy_arn`,
    [realm, roleId, policyArn],
  )
  return rows.length > 0
}

export async function listAttachedPolicyArns(
  database: Queryable,
  { realm, roleId }: RoleKey,
  page?: Page,
): Promise<readonly string[]> {
  const rows = await database.query<{ policy_arn: string }>(
    `select policy_arn from iam_role_attachment
     where realm = $1 and role_id = $2 and policy_arn > $3 order by policy_arn limit $4`,
    [realm, roleId, page?.after ?? '', page?.limit ?? null],
  )
  return rows.map((row) => row.policy_arn)
}

export async function putInlinePolicy(
  transaction: Queryable,
  { realm, roleId }: RoleKey,
  policy: { name: string; document: string },
): Promise<void> {
  await transaction.query(
    `insert into iam_role_policy (realm, role_id, name, document) values ($1, $2, $3, $4)
     on conflict (realm, role_id, name) do update set document = excluded.document`,
    [realm, roleId, policy.name, policy.document],
  )
}

export async function findInlinePolicy(
  database: Queryable,
  { realm, roleId }: RoleKey,
  name: string,
): Promise<string | undefined> {
  const rows = await database.query<{ document: string }>(
    'select document from iam_role_policy where realm = $1 and role_id = $2 and name = $3',
    [realm, roleId, name],
  )
  return rows[0]?.document
}

/** @returns whether there was one */
export async function deleteInlinePolicy(
  transaction: Queryable,
  { realm, roleId }: RoleKey,
  name: string,
): Promise<boolean> {
  const rows = await transaction.query(
    'delete from iam_role_policy where realm = $1 and role_id = $2 and name = $3 returning name',
    [realm, roleId, name],
  )
  return rows.length > 0
}

export async function listInlinePolicyNames(
  database: Queryable,
  { realm, roleId }: RoleKey,
  page: Page,
): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `select name from iam_role_policy
     where realm = $1 and role_id = $2 and name > $3 order by name limit $4`,
    [realm, roleId, page.after, page.limit],
  )
  return rows.map((row) => row.name)
}

/** Characters of all inline policies but `exceptName`, white space left out, as IAM counts. */
export async function inlinePolicyCharacters(
  transaction: Queryable,
  { realm, roleId }: RoleKey,
  exceptName: string,
): Promise<number> {
  const rows = await transaction.query<{ characters: number }>(
    `select coalesce(sum(length(regexp_replace(document, '\\s', '', 'g'))), 0)::integer as characters
     from iam_role_policy where realm = $1 and role_id = $2 and name <> $3`,
    [realm, roleId, exceptName],
  )
  return rows[0]?.characters ?? 0
}
