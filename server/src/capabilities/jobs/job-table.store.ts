import type { Queryable, Row } from '../../platform/database/database.ts'
import type { Place, Platform } from '../../platform/scope.ts'

/** What every job's record has. */
export interface JobRecord<State> extends Place {
  /** A UUID. */
  readonly id: string
  readonly name: string
  readonly arn: string
  readonly state: State
}

/** Where a job is, for those who have no request. */
export interface JobLocation {
  readonly account: string
  readonly region: string
  readonly name: string
}

/** The rows of one kind of jobs. */
export interface JobTable<Job extends JobRecord<State>, State> {
  /** Names that differ only by case are one. */
  find(database: Queryable, place: Place, name: string): Promise<Job | undefined>
  /** The job of that name in the account's present life. */
  findPresent(database: Queryable, job: JobLocation): Promise<Job | undefined>
  /** @returns undefined when the job was deleted, or its account's life is over */
  load(database: Queryable, id: string): Promise<Job | undefined>
  /**
   * Changes a job's state and tells everyone: `decide` sees the row as it is, locked, and answers what it
   * becomes, or undefined for nothing.
   *
   * @returns the job as it is now; undefined when it is gone
   */
  change(
    platform: Pick<Platform, 'database' | 'changes'>,
    id: string,
    decide: (job: Job) => State | undefined,
  ): Promise<Job | undefined>
  /** Jobs whose story may not have begun: those that are as their creation left them. */
  listUnstarted(database: Queryable): Promise<readonly Job[]>
}

/** @param options.table its columns are `<table>_id`, `<table>_name`, `realm`, `account`, `region`, `status` and its own */
export function jobTable<R extends Row, State, Job extends JobRecord<State>>(options: {
  readonly table: string
  /** Null until the first task came to work. */
  readonly startedColumn: string
  readonly fromRow: (row: R) => Job
  /** Writes a state where the row still has the job's status. */
  readonly update: (transaction: Queryable, job: Job, next: State) => Promise<void>
}): JobTable<Job, State> {
  const { table, startedColumn, fromRow, update } = options
  const present = `select ${table}.* from ${table} join realm using (realm) where realm.ended_at is null`
  const one = async (database: Queryable, statement: string, values: readonly unknown[]) => {
    const [row] = await database.query<R>(statement, [...values])
    return row && fromRow(row)
  }
  return {
    find: (database, { realm, region }, name) =>
      one(
        database,
        `select * from ${table} where realm = $1 and region = $2 and lower(${table}_name) = lower($3)`,
        [realm, region, name],
      ),
    findPresent: (database, { account, region, name }) =>
      one(
        database,
        `${present} and ${table}.account = $1 and region = $2 and lower(${table}_name) = lower($3)`,
        [account, region, name],
      ),
    load: (database, id) => one(database, `${present} and ${table}_id = $1`, [id]),
    change: ({ database, changes }, id, decide) =>
      database.transaction(async (transaction) => {
        const locked = `${present} and ${table}_id = $1 for update of ${table}`
        const job = await one(transaction, locked, [id])
        const next = job && decide(job)
        if (!job || !next) return job
        await update(transaction, job, next)
        await changes.announce(transaction, job.arn)
        return { ...job, state: next }
      }),
    listUnstarted: async (database) => {
      const rows = await database.query<R>(
        `${present} and status in ('InProgress', 'Stopping') and ${startedColumn} is null`,
      )
      return rows.map(fromRow)
    },
  }
}
