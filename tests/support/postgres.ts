import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../server/src/base/clock.ts'
import { newHexId } from '../../server/src/base/ids.ts'
import { createLog } from '../../server/src/base/log.ts'
import { openDatabase } from '../../server/src/platform/database/database.ts'
import {
  createDatabase,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../server/src/platform/database/embedded-postgres.ts'
import { migrate } from '../../server/src/platform/database/migrate.ts'

/** A real Postgres server for tests, and fresh databases on it with the product's schema. */
export interface TestPostgres extends AsyncDisposable {
  /** The URL of a new database that nobody else uses. */
  freshDatabase(): Promise<string>
}

/** Where `tools/test.ts` tells its test files of the server that they share. */
const SHARED_URL = 'SAGEBRUSH_TEST_POSTGRES'
const TEMPLATE = 'sagebrush_template'
/** No test pulls the plug of the machine: what kills Postgres starts a platform of its own. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', autovacuum: 'off' }

/** The server that this test run shares; one of its own when a test file runs alone. */
export async function testPostgres(): Promise<TestPostgres> {
  const shared = process.env[SHARED_URL]
  if (shared) {
    return { freshDatabase: () => fresh(shared), [Symbol.asyncDispose]: async () => undefined }
  }
  const own = await startTestPostgres()
  return { freshDatabase: () => fresh(own.url), [Symbol.asyncDispose]: own.stop }
}

/** Starts a server on a throw-away directory, with the template database in place. */
export async function startTestPostgres(): Promise<{
  url: string
  environment: Record<string, string>
  stop(): Promise<void>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'sagebrush-pg-'))
  const dataDir = join(folder, 'data')
  const initialised = join(homedir(), '.cache', 'sagebrush', 'test-postgres-18')
  if (existsSync(initialised)) await cp(initialised, dataDir, { recursive: true })
  const start = () =>
    startEmbeddedPostgres({ dataDir, socketDir: folder, clock: systemClock, settings: SETTINGS })
  let server = await start()
  if (!existsSync(initialised)) {
    await server.stop()
    await keepInitialised(dataDir, initialised)
    server = await start()
  }
  try {
    await makeTemplate(server)
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    url: server.url,
    environment: { [SHARED_URL]: server.url },
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

async function keepInitialised(dataDir: string, target: string): Promise<void> {
  const own = `${target}.${newHexId(8)}`
  await mkdir(join(target, '..'), { recursive: true })
  await cp(dataDir, own, { recursive: true })
  // another run may have been quicker: then its copy stays
  await rename(own, target).catch(() => rm(own, { recursive: true, force: true, maxRetries: 10 }))
}

async function makeTemplate(server: EmbeddedPostgres): Promise<void> {
  await createDatabase(server.url, TEMPLATE)
  const log = createLog({})
  const database = openDatabase({
    url: withDatabase(server.url, TEMPLATE),
    connectionsMax: 1,
    log,
  })
  try {
    await migrate(database)
    // the workflows keep a schema of their own, which they make at their first start
    const { createWorkflowEngine } = await import('../../server/src/platform/workflow/dbos.ts')
    const workflows = createWorkflowEngine({ database, log })
    await workflows.launch({ definitions: [], unstarted: [] })
    await workflows[Symbol.asyncDispose]()
  } finally {
    await database.close()
  }
}

async function fresh(url: string): Promise<string> {
  const name = `test_${newHexId(12)}`
  await createDatabase(url, name, TEMPLATE)
  return withDatabase(url, name)
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}
