/**
 * Faults on demand: what a rehearsal makes go wrong. Rows say what befalls the replicas of an endpoint until it
 * is cleared: gateways apply what befalls requests (`fault-table.ts`, `gateway/invoke/injected-fault.ts`),
 * hosting what befalls pings (`apply-faults.ts`). A crash and what befalls a job happen once, and really.
 */
export { applyFaults, type ObservedReplica, type SeenReplicas } from './apply-faults.ts'
export {
  commandFaults,
  type FaultOptions,
  type FaultShown,
  showFaults,
} from './fault.operations.ts'
export type { EndpointFault, JobFault } from './fault.ts'
export type { FaultDocument } from './fault-command.validation.ts'
export { startFaultFeed } from './fault-feed.ts'
export { FaultTable, type RequestFault } from './fault-table.ts'
