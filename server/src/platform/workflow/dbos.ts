import { DBOS } from '@dbos-inc/dbos-sdk'
import type { Log } from '../../base/log.ts'
import { createWorkGauge, type WorkGauge } from '../../base/work-gauge.ts'
import type { Database } from '../database/database.ts'
import {
  PATIENT,
  TerminalFailure,
  type UnstartedStories,
  type Workflow,
  type WorkflowDefinition,
  type Workflows,
} from './workflow.ts'

/**
 * Pinned: by default DBOS hashes the code and would not resume stories begun before an upgrade. Versions
 * live in the workflows' names instead, see `WorkflowDefinition`.
 */
const APPLICATION_VERSION = 'sagebrush'
const SCHEMA = 'dbos'
const SWEEP_MS = 10_000
const RECOVERIES_MAX = 10_000
const POOL_CONNECTIONS_MAX = 8

export interface WorkflowEngine extends Workflows, AsyncDisposable {
  /** Resumes what was running, then starts what rows ask for, now and on a period. */
  launch(options: {
    definitions: readonly WorkflowDefinition[]
    unstarted: readonly UnstartedStories[]
  }): Promise<void>
}

/**
 * The workflow contract on DBOS, over the platform's own Postgres. One per process: DBOS is global.
 * Stories belong to the executor `control`, so that the next control resumes them.
 */
export function createWorkflowEngine(options: {
  database: Database
  log: Log
  /** Counts stories between two activities: they decide, or are being recorded. */
  gauge?: WorkGauge
}): WorkflowEngine {
  const { gauge = createWorkGauge() } = options
  const registered = new Map<string, (input: unknown) => Promise<void>>()
  let sweeping: NodeJS.Timeout | undefined

  const start: Workflows['start'] = async ({ name, workflowId, input }) => {
    const target = registered.get(name)
    if (!target) throw new Error(`no workflow named ${name} is registered`)
    await gauge.track(() => DBOS.startWorkflow(target, { workflowID: workflowId })(input))
  }
  const sweep = async (sources: readonly UnstartedStories[]): Promise<void> => {
    for (const source of sources) for (const story of await source()) await start(story)
  }

  return {
    start,
    launch: async ({ definitions, unstarted }) => {
      DBOS.setConfig({
        name: 'sagebrush',
        systemDatabaseUrl: options.database.url,
        systemDatabaseSchemaName: SCHEMA,
        systemDatabasePoolSize: POOL_CONNECTIONS_MAX,
        applicationVersion: APPLICATION_VERSION,
        executorID: 'control',
        enableOTLP: false,
        // set by a statement that DBOS would put before the first of each connection, which pg deprecates;
        // the embedded server has the bound among its own settings
        systemDatabaseIdleTransactionTimeoutMs: 0,
        logger: dbosLogger(options.log),
      })
      for (const definition of definitions)
        registered.set(definition.name, register(definition, gauge))
      await DBOS.launch()
      await sweep(unstarted)
      sweeping = setInterval(() => {
        sweep(unstarted).catch((error) =>
          options.log.warn('the sweep of stories failed', { error }),
        )
      }, SWEEP_MS)
      sweeping.unref()
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(sweeping)
      await DBOS.shutdown({ deregister: true })
    },
  }
}

function register(
  definition: WorkflowDefinition,
  gauge: WorkGauge,
): (input: unknown) => Promise<void> {
  const run = definition.run as (workflow: Workflow, input: unknown) => Promise<void>
  return DBOS.registerWorkflow(
    async (input: unknown) => {
      const deciding = countDeciding(gauge)
      try {
        await run({ workflowId: DBOS.workflowID ?? '', activity: activityOf(deciding) }, input)
      } finally {
        deciding.over()
      }
    },
    { name: definition.name, maxRecoveryAttempts: RECOVERIES_MAX },
  )
}

interface Deciding {
  /** Runs an activity's work, which counts for itself. */
  whileActing<T>(work: () => Promise<T>): Promise<T>
  over(): void
}

function countDeciding(gauge: WorkGauge): Deciding {
  let end = gauge.begin()
  let acting = 0
  return {
    whileActing: async (work) => {
      if (acting++ === 0) end()
      try {
        return await work()
      } finally {
        if (--acting === 0) end = gauge.begin()
      }
    },
    over: () => end(),
  }
}

const activityOf =
  (deciding: Deciding): Workflow['activity'] =>
  (name, work, policy = PATIENT) =>
    DBOS.runStep(() => deciding.whileActing(work), {
      name,
      retriesAllowed: true,
      maxAttempts: policy.attemptsMax,
      intervalSeconds: policy.firstDelaySeconds,
      backoffRate: 2,
      shouldRetry: (error) => !(error instanceof TerminalFailure),
    })

function dbosLogger(log: Log) {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (entry: unknown) =>
    log[level](entry instanceof Error ? entry.message : String(entry), { part: 'workflows' })
  // DBOS narrates its start at info level; a person who starts the platform need not read it
  return { info: at('debug'), debug: at('debug'), warn: at('warn'), error: at('error') }
}
