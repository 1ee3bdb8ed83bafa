import type { FaultDocument, FaultShown } from '../../server/src/capabilities/faults/index.ts'
import type { TestServer } from './server.ts'

/**
 * Injects or clears a fault over HTTP, as test suites do; the server has `testControls`.
 *
 * @returns all that is injected then
 * @throws Error with the platform's words when it refuses
 */
export async function injectFault(
  { url }: Pick<TestServer, 'url'>,
  document: FaultDocument,
): Promise<readonly FaultShown[]> {
  const answer = await fetch(`${url}/_sagebrush/inject`, {
    method: 'POST',
    body: JSON.stringify(document),
  })
  const { faults, message } = (await answer.json()) as {
    faults: readonly FaultShown[]
    message?: string
  }
  if (answer.status !== 200) throw new Error(message)
  return faults
}
