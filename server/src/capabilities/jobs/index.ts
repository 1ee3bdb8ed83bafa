/**
 * What jobs of all kinds have in common: rows with a state, lists and pages, stories that follow tasks, what they
 * refuse, and what can be made to befall them. `training` and `transform` say what their jobs are.
 */
export { followTasks, type Look } from './follow-tasks.ts'
export { requireInputData } from './input-data.ts'
export { interruptedState } from './job-interruption.states.ts'
export { interruptJob, type JobFaults, requireExitCode } from './job-interruption.ts'
export { jobListing, listJobPage } from './job-listing.store.ts'
export { recordJob, stopJob } from './job-record.ts'
export { type JobLocation, type JobRecord, type JobTable, jobTable } from './job-table.store.ts'
export type { JobTarget } from './job-target.ts'
