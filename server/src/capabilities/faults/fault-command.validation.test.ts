import assert from 'node:assert/strict'
import test from 'node:test'
import { readFaultCommand } from './fault-command.validation.ts'

test('an endpoint’s faults are read with their units', () => {
  const command = readFaultCommand({
    endpoint: 'e',
    config: 'c',
    latency: '200ms',
    errorRate: 0.3,
    slowStart: '1m',
    failingPing: true,
  })

  assert.deepEqual(command, {
    to: 'endpoint',
    target: 'e',
    selector: { endpointConfigName: 'c' },
    fault: {
      latencyMs: 200,
      errorRate: 0.3,
      errorStatus: 503,
      failingPing: true,
      slowStartMs: 60_000,
    },
    crash: false,
  })
})

test('a clear is for one target or for all', () => {
  assert.deepEqual(readFaultCommand({ clear: true }), { to: 'clear', target: undefined })
  assert.deepEqual(readFaultCommand({ clear: 'e' }), { to: 'clear', target: 'e' })
})

const REFUSED: readonly { readonly document: unknown; readonly message: RegExp }[] = [
  { document: undefined, message: /give an object/ },
  { document: {}, message: /say what for/ },
  { document: { endpoint: 'e' }, message: /at least one of latency, errorRate/ },
  { document: { endpoint: '', crash: true }, message: /endpoint is "": give a name/ },
  { document: { endpoint: 'e', status: 500, crash: true }, message: /give errorRate with it/ },
  { document: { endpoint: 'e', errorRate: 1.5 }, message: /a number from 0 to 1/ },
  { document: { endpoint: 'e', errorRate: 1, status: 200 }, message: /from 400 to 599/ },
  { document: { endpoint: 'e', latency: 200 }, message: /a duration such as 200ms/ },
  { document: { endpoint: 'e', latency: '2h' }, message: /at most 1h/ },
  { document: { endpoint: 'e', exitCode: 1 }, message: /exitCode cannot be/ },
  { document: { job: 'j', exitCode: 1, loseMachine: true }, message: /give one of exitCode/ },
  { document: { job: 'j', exitCode: 1.5 }, message: /give a whole number/ },
  { document: { clear: 1 }, message: /clear is 1: give a name/ },
]

for (const { document, message } of REFUSED) {
  test(`an injection is refused: ${JSON.stringify(document)}`, () => {
    assert.throws(() => readFaultCommand(document), message)
  })
}
