import { testProcessEngine } from './process-engine-suite.ts'

await testProcessEngine('unshare')
