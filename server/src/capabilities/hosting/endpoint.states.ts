/** AWS's exact words. */
export type EndpointStatus =
  | 'Creating'
  | 'InService'
  | 'Updating'
  | 'RollingBack'
  | 'Deleting'
  | 'Failed'
  | 'UpdateRollbackFailed'

/** From each status, where an endpoint may go. One that is deleted has no row any more. */
export const ENDPOINT_TRANSITIONS = {
  Creating: ['InService', 'Failed'],
  InService: ['Updating', 'Deleting'],
  Updating: ['InService', 'RollingBack', 'UpdateRollbackFailed'],
  RollingBack: ['InService', 'UpdateRollbackFailed'],
  UpdateRollbackFailed: ['Updating', 'Deleting'],
  Failed: ['Deleting'],
  Deleting: [],
} as const satisfies Readonly<Record<EndpointStatus, readonly EndpointStatus[]>>

/** Whether the endpoint goes on by itself; until it rests no operation changes it. */
export function isInProgress(status: EndpointStatus): boolean {
  return (
    status === 'Creating' ||
    status === 'Updating' ||
    status === 'RollingBack' ||
    status === 'Deleting'
  )
}

/** The statuses from which `to` may be reached. */
export function statusesBefore(to: EndpointStatus): readonly EndpointStatus[] {
  return (Object.keys(ENDPOINT_TRANSITIONS) as EndpointStatus[]).filter((from) =>
    (ENDPOINT_TRANSITIONS[from] as readonly EndpointStatus[]).includes(to),
  )
}
