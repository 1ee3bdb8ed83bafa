import { type ClockSetting, WALL_SETTING } from '../../base/steerable-clock.ts'
import type { Changes } from '../database/changes.ts'
import type { Database, Queryable } from '../database/database.ts'

/** A setting as it is kept; versions grow, and 0 is that of a clock that was never steered. */
export interface KeptSetting extends ClockSetting {
  readonly version: number
  /** Oldest first. */
  readonly earlier: readonly ClockSetting[]
}

/** The change topic of the platform's clock. */
export const CLOCK_TOPIC = 'clock'

export async function readClockSetting(queryable: Queryable): Promise<KeptSetting> {
  const [row] = await queryable.query<{
    version: number
    at: Date
    since: Date
    speed: number
    earlier: { at: string; since: string; speed: number }[]
  }>('select version, at, since, speed, earlier from clock_setting')
  if (!row) return { ...WALL_SETTING, version: 0, earlier: [] }
  const earlier = row.earlier.map(({ at, since, speed }) => ({
    at: new Date(at),
    since: new Date(since),
    speed,
  }))
  return { ...row, earlier }
}

/** Keeps a setting, with those before it, and tells every process. */
export async function writeClockSetting(
  { database, changes }: { readonly database: Database; readonly changes: Changes },
  { at, since, speed, earlier }: Omit<KeptSetting, 'version'>,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(
      `insert into clock_setting (version, at, since, speed, earlier) values (1, $1, $2, $3, $4)
       on conflict (only_one) do update set
         version = clock_setting.version + 1, at = $1, since = $2, speed = $3, earlier = $4`,
      [at, since, speed, JSON.stringify(earlier)],
    )
    await changes.announce(transaction, CLOCK_TOPIC)
  })
}
