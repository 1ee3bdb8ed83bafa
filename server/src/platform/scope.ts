import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config.ts'
import type { Changes } from './database/changes.ts'
import type { Database } from './database/database.ts'
import type { Engine } from './engines/engine.ts'
import type { ObjectBytes } from './objects/object-bytes.ts'
import type { Secrets } from './secrets.ts'
import type { Workflows } from './workflow/workflow.ts'

/** Everything concrete that handlers and activities may use; built once, in `main.ts`. */
export interface Platform {
  readonly clock: Clock
  readonly config: Config
  readonly database: Database
  readonly changes: Changes
  readonly objects: ObjectBytes
  readonly engine: Engine
  readonly workflows: Workflows
  readonly secrets: Secrets
  readonly log: Log
}

/** Who signed a request. */
export interface Caller {
  readonly account: string
  /** What GetCallerIdentity answers, e.g. `arn:aws:sts::123456789012:assumed-role/Name/session`. */
  readonly arn: string
  /** `AROA…:session` for a role's session. */
  readonly userId: string
  readonly accessKeyId: string
}

/**
 * What one request is about: who asks, for which account and region, and what may be used to answer.
 *
 * `realm` is the account's present life. All rows carry it; `reset` gives the account a new one, so
 * that everything before is gone from every API at once and is cleaned up behind.
 */
export interface RequestScope extends Platform {
  readonly requestId: string
  readonly caller: Caller
  readonly account: string
  readonly region: string
  readonly realm: number
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
}

/** Where a resource lives: the part of a request's scope that rows are keyed by. */
export interface Place {
  readonly realm: number
  readonly account: string
  readonly region: string
}
