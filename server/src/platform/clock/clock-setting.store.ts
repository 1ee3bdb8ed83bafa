import { type ClockSetting, WALL_SETTING } from '../../base/steerable-clock.ts'
import type { Changes } from '../database/changes.ts'
import type { Database, Queryable } from '../database/database.ts'

/** A setting as it is kept; versions grow, and 0 is that of a clock that was never steered. */
export interface KeptSetting extends ClockSetting {
  readonly version: number
}

/** The change topic of the platform's clock. */
export const CLOCK_TOPIC = 'clock'

export async function readClockSetting(queryable: Queryable): Promise<KeptSetting> {
  const [row] = await queryable.query<{
    version: number
    at: Date
    since: Date
    speed: number
  }>('select version, at, since, speed from clock_setting')
  return row ?? { ...WALL_SETTING, version: 0 }
}

/** Keeps a setting and tells every process of it. */
export async function writeClockSetting(
  { database, changes }: { readonly database: Database; readonly changes: Changes },
  { at, since, speed }: ClockSetting,
): Promise<KeptSetting> {
  return database.transaction(async (transaction) => {
    const [row] = await transaction.query<{ version: number }>(
      `insert into clock_setting (version, at, since, speed) values (1, $1, $2, $3)
       on conflict (only_one) do update set
         version = clock_setting.version + 1, at = $1, since = $2, speed = $3
       returning version`,
      [at, since, speed],
    )
    await changes.announce(transaction, CLOCK_TOPIC)
    return { at, since, speed, version: row?.version ?? 1 }
  })
}
