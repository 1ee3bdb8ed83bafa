import assert from 'node:assert/strict'
import test from 'node:test'
import type { EndpointFault, FaultSelector, InjectedFault } from './fault.ts'
import { FaultTable } from './fault-table.ts'

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/e'
const BLUE = { realm: 1, endpointArn: ARN, endpointConfigName: 'blue', variantName: 'A' }
const GREEN = { ...BLUE, endpointConfigName: 'green' }

function injected(fault: EndpointFault, selector: FaultSelector = {}): InjectedFault {
  return { realm: 1, targetArn: ARN, fault, injectedAt: new Date(0), ...selector }
}

test('errors come exactly as often as was asked, spread evenly', () => {
  const table = new FaultTable()
  table.replace([injected({ errorRate: 0.3, errorStatus: 500 })])

  const errors = Array.from({ length: 100 }, () => table.next(BLUE)?.errorStatus !== undefined)

  assert.equal(errors.filter(Boolean).length, 30)
  assert.equal(errors.slice(0, 10).filter(Boolean).length, 3)
})

test('a fault is for the requests of its endpoint, configuration and variant only', () => {
  const table = new FaultTable()
  table.replace([injected({ errorRate: 1, errorStatus: 503 }, { endpointConfigName: 'green' })])

  assert.equal(table.next(BLUE), undefined)
  assert.deepEqual(table.next(GREEN), { latencyMs: 0, errorStatus: 503 })
  assert.equal(table.next({ ...GREEN, realm: 2 }), undefined)
  assert.equal(table.next({ ...GREEN, endpointArn: `${ARN}2` }), undefined)
})

test('of several faults what the more particular one says holds', () => {
  const table = new FaultTable()
  table.replace([
    injected({ latencyMs: 500 }, { variantName: 'A', endpointConfigName: 'green' }),
    injected({ latencyMs: 10, errorRate: 1, errorStatus: 400 }),
  ])

  assert.deepEqual(table.next(BLUE), { latencyMs: 10, errorStatus: 400 })
  assert.deepEqual(table.next(GREEN), { latencyMs: 500, errorStatus: 400 })
})

test('a table without faults of requests is empty', () => {
  const table = new FaultTable()
  table.replace([injected({ failingPing: true })])
  assert.equal(table.isEmpty, true)

  table.replace([injected({ latencyMs: 1 })])
  assert.equal(table.isEmpty, false)
  table.replace([])
  assert.equal(table.next(BLUE), undefined)
})
