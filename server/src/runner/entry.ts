import { enableCompileCache } from 'node:module'

/** The runner as a program of its own, for tests: `node entry.ts <taskDir>`. */
enableCompileCache()
const { runTask } = await import('./index.ts')
await runTask(process.argv[2] ?? '')
