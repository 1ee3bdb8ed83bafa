/** Postgres's code for a relation that does not exist. */
const UNDEFINED_TABLE = '42P01'

/** At the very first start gateways may be quicker than control, which makes the tables. */
export function isMissingTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE
}
