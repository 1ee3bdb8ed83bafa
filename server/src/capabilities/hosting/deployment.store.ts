import type { Queryable } from '../../platform/database/database.ts'
import type {
  Deployment,
  DeploymentCommand,
  DeploymentDecision,
  DeploymentPlan,
  DeploymentStage,
  DeploymentStatus,
} from './deployment.ts'

/** Which deployment of which endpoint. */
export interface DeploymentKey {
  readonly endpointId: string
  readonly generation: number
}

type DeploymentRow = {
  endpoint_id: string
  generation: number
  from_config_name: string
  to_config_name: string
  plan: DeploymentPlan
  phase: number
  stage: DeploymentStage
  since: Date
  bake_until: Date | null
  command: DeploymentCommand | null
  status: DeploymentStatus
  failure_reason: string | null
  started_at: Date
  deadline: Date
  ended_at: Date | null
}

const COLUMNS = `endpoint_id, generation, from_config_name, to_config_name, plan, phase, stage, since, bake_until,
  command, status, failure_reason, started_at, deadline, ended_at`

export async function insertDeployment(
  transaction: Queryable,
  deployment: Omit<Deployment, 'phase' | 'stage' | 'since' | 'status'>,
): Promise<void> {
  await transaction.query(
    `insert into deployment (endpoint_id, generation, from_config_name, to_config_name, plan, phase, stage,
       since, status, started_at, deadline)
     values ($1, $2, $3, $4, $5, 0, 'Launching', $6, 'InProgress', $6, $7)`,
    [
      ...[deployment.endpointId, deployment.generation],
      ...[deployment.fromConfigName, deployment.toConfigName, JSON.stringify(deployment.plan)],
      ...[deployment.startedAt, deployment.deadline],
    ],
  )
}

export async function readDeployment(
  database: Queryable,
  { endpointId, generation }: DeploymentKey,
): Promise<Deployment | undefined> {
  const rows = await database.query<DeploymentRow>(
    `select ${COLUMNS} from deployment where endpoint_id = $1 and generation = $2`,
    [endpointId, generation],
  )
  return rows[0] && toDeployment(rows[0])
}

/** The one that is under way, if any. */
export async function readPresentDeployment(
  database: Queryable,
  endpointId: string,
): Promise<Deployment | undefined> {
  const rows = await database.query<DeploymentRow>(
    `select ${COLUMNS} from deployment where endpoint_id = $1 and status = 'InProgress'`,
    [endpointId],
  )
  return rows[0] && toDeployment(rows[0])
}

/** The highest number that a fleet of an endpoint has, or had when it was deployed. */
export async function latestGeneration(database: Queryable, endpointId: string): Promise<number> {
  const rows = await database.query<{ latest: number }>(
    `select greatest(
       (select max(generation) from fleet where endpoint_id = $1),
       (select max(generation) from deployment where endpoint_id = $1), 0) as latest`,
    [endpointId],
  )
  return rows[0]?.latest ?? 0
}

/** All of an endpoint, oldest first. */
export async function listDeployments(
  database: Queryable,
  endpointId: string,
): Promise<readonly Deployment[]> {
  const rows = await database.query<DeploymentRow>(
    `select ${COLUMNS} from deployment where endpoint_id = $1 order by generation`,
    [endpointId],
  )
  return rows.map(toDeployment)
}

/** Goes on to a stage; a wish for the phase before is forgotten with a new phase, as is the end of a bake. */
export async function setDeploymentStage(
  transaction: Queryable,
  { endpointId, generation }: DeploymentKey,
  stage: {
    readonly phase: number
    readonly stage: DeploymentStage
    readonly since: Date
    readonly bakeUntil?: Date
  },
): Promise<void> {
  await transaction.query(
    `update deployment set phase = $3, stage = $4, since = $5, bake_until = $6,
       command = case when command = 'Promote' then null else command end
     where endpoint_id = $1 and generation = $2`,
    [endpointId, generation, stage.phase, stage.stage, stage.since, stage.bakeUntil ?? null],
  )
}

export async function setDeploymentCommand(
  transaction: Queryable,
  { endpointId, generation }: DeploymentKey,
  command: DeploymentCommand,
): Promise<void> {
  await transaction.query(
    'update deployment set command = $3 where endpoint_id = $1 and generation = $2',
    [endpointId, generation, command],
  )
}

/** The reason of a rollback, and of its failure. */
export async function setDeploymentFailure(
  transaction: Queryable,
  { endpointId, generation }: DeploymentKey,
  failureReason: string,
): Promise<void> {
  await transaction.query(
    `update deployment set failure_reason = $3 where endpoint_id = $1 and generation = $2`,
    [endpointId, generation, failureReason],
  )
}

export async function endDeployment(
  transaction: Queryable,
  { endpointId, generation }: DeploymentKey,
  end: { readonly status: DeploymentStatus; readonly at: Date },
): Promise<void> {
  await transaction.query(
    `update deployment set status = $3, ended_at = $4, bake_until = null
     where endpoint_id = $1 and generation = $2 and ended_at is null`,
    [endpointId, generation, end.status, end.at],
  )
}

/** Writes a decision down, once for each `decisionKey`. */
export async function insertDecision(
  transaction: Queryable,
  { endpointId, generation }: DeploymentKey,
  decision: DeploymentDecision & { readonly decisionKey: string },
): Promise<void> {
  await transaction.query(
    `insert into deployment_decision
       (endpoint_id, generation, decision_number, decision_key, decided_at, decision, cause, detail)
     select $1, $2, count(*) + 1, $3, $4, $5, $6, $7
     from deployment_decision where endpoint_id = $1 and generation = $2
     on conflict do nothing`,
    [
      ...[endpointId, generation, decision.decisionKey, decision.at],
      ...[decision.decision, decision.cause, JSON.stringify(decision.detail)],
    ],
  )
}

/** In the order in which they were taken. */
export async function listDecisions(
  database: Queryable,
  { endpointId, generation }: DeploymentKey,
): Promise<readonly DeploymentDecision[]> {
  const rows = await database.query<{
    decided_at: Date
    decision: DeploymentDecision['decision']
    cause: string
    detail: DeploymentDecision['detail']
  }>(
    `select decided_at, decision, cause, detail from deployment_decision
     where endpoint_id = $1 and generation = $2 order by decision_number`,
    [endpointId, generation],
  )
  return rows.map(({ decided_at: at, decision, cause, detail }) => ({
    at,
    decision,
    cause,
    detail,
  }))
}

function toDeployment(row: DeploymentRow): Deployment {
  return {
    endpointId: row.endpoint_id,
    generation: row.generation,
    fromConfigName: row.from_config_name,
    toConfigName: row.to_config_name,
    plan: row.plan,
    phase: row.phase,
    stage: row.stage,
    since: row.since,
    ...(row.bake_until && { bakeUntil: row.bake_until }),
    ...(row.command !== null && { command: row.command }),
    status: row.status,
    ...(row.failure_reason !== null && { failureReason: row.failure_reason }),
    startedAt: row.started_at,
    deadline: row.deadline,
    ...(row.ended_at && { endedAt: row.ended_at }),
  }
}
