import assert from 'node:assert/strict'
import test from 'node:test'
import { MathFault } from '../math/math-fault.ts'
import type { MetricIdentity } from '../metric.ts'
import { matchesSearch } from './search-match.ts'
import { parseSearch } from './search-query.ts'

const named = (metricName: string): MetricIdentity => ({
  namespace: 'MyNamespace',
  metricName,
  dimensions: {},
})
const finds = (query: string, metric: MetricIdentity): boolean =>
  matchesSearch(metric, parseSearch(query))

const ERRORS: MetricIdentity = {
  namespace: 'AWS/Lambda',
  metricName: 'Errors',
  dimensions: { FunctionName: 'ProjectA-score' },
}
const CPU: MetricIdentity = {
  namespace: 'AWS/EC2',
  metricName: 'CPUUtilization',
  dimensions: { InstanceId: 'i-1234567890123456', InstanceType: 't2.micro' },
}

// source: Amazon CloudWatch User Guide, "CloudWatch search expression syntax", but for the lines marked ours
test('words find the tokens of a name', () => {
  const cases: readonly (readonly [name: string, word: string, found: boolean])[] = [
    ['CustomCount1', 'count', true],
    ['CustomCount1', 'Count', true],
    ['CustomCount1', 'COUNT', true],
    ['CustomCount1', 'couNT', false],
    ['CustomCount1', 'CustomCount', true],
    ['CustomCount1', 'Count1', true],
    ['CustomCount1', 'customcount', false],
    ['CustomCount1', 'count1', false],
    ['CustomCount1', 'customcount1', true],
    ['SDBFailure', 'sdb', true],
    ['SDBFailure', 'failure', true],
    ['Project2-trial333', '333', true],
    ['Project2-trial333', 'project2trial333', true],
    ['Network-Errors-2', 'network/errors', true],
    ['Network-Errors-2', 'network+errors', true],
    ['NetworkErrors2', 'Network_Errors', true],
    // ours
    ['NetworkErrors2', 'errors-network', false],
    ['Latency', 'late', false],
  ]
  for (const [name, word, found] of cases) {
    assert.equal(finds(word, named(name)), found, `${word} in ${name}`)
  }
})

test('quoted texts are whole and exact', () => {
  assert.ok(finds('{MyNamespace}, "CustomCount1"', named('CustomCount1')))
  assert.ok(!finds('{MyNamespace}, "customcount1"', named('CustomCount1')))
  assert.ok(!finds('{MyNamespace}, "Custom"', named('CustomCount1')))
  const name = 'Europe\\France Traffic(Network)'
  assert.ok(finds('"Europe\\\\France Traffic\\(Network\\)"', named(name)))
})

test('a schema names the namespace and just the dimensions', () => {
  const cases: readonly (readonly [query: string, found: boolean])[] = [
    ['{AWS/EC2,InstanceId,InstanceType}', true],
    ['{AWS/EC2, InstanceType, InstanceId} CPUUtilization', true],
    ['{AWS/EC2,InstanceId} MetricName="CPUUtilization"', false],
    ['{AWS/EC2} cpu', true],
    ['{"AWS/EC2","InstanceId","InstanceType"}', true],
    ['{AWS/EBS} cpu', false],
  ]
  for (const [query, found] of cases) assert.equal(finds(query, CPU), found, query)
})

test('terms are joined by AND, OR, NOT and brackets, and may name the property', () => {
  const cases: readonly (readonly [query: string, metric: MetricIdentity, found: boolean])[] = [
    ['(EC2 OR EBS) AND MetricName=CPUUtilization', CPU, true],
    ['(EC2 OR EBS) MetricName=Utilization', CPU, true],
    ['EC2 disk', CPU, false],
    ['NOT Namespace=AWS', CPU, false],
    ['NOT Namespace=AWS', named('Mine'), true],
    ['{AWS/EC2} cpu NOT i-1234567890123456', CPU, false],
    ['InstanceType="t2.micro" Namespace="AWS/EC2"', CPU, true],
    ['InstanceType=micro', CPU, true],
    ['InstanceType=large', CPU, false],
    ['FunctionName=micro', CPU, false],
    ['MetricName="Errors" OR (MetricName="Invocations" AND (ProjectA OR ProjectB))', ERRORS, true],
    ['MetricName="Duration" OR (MetricName="Errors" AND (ProjectB OR ProjectC))', ERRORS, false],
    ['disk OR cpu AND NOT ebs', CPU, true],
    ['NOT (cpu OR disk)', CPU, false],
    ['constructor=x', CPU, false],
  ]
  for (const [query, metric, found] of cases) assert.equal(finds(query, metric), found, query)
})

test('what is no search is refused in words', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /schema in braces, a term, or both/],
    ['{a', /not closed by a brace/],
    ['{}', /begins with a namespace/],
    ['a AND', /ends where a word/],
    ['(a', /not closed/],
    ['a)', /'\)' stands where the search should end/],
    ['OR a', /'OR' stands where a word/],
    ['"a', /'"' opens a text/],
    ['x=x=', /'=' stands where a word/],
    ['a'.repeat(1_025), /at most 1024 characters/],
    [`${'NOT '.repeat(200)}a`, /nested at most 50/],
  ]
  for (const [query, message] of cases) {
    assert.throws(
      () => parseSearch(query),
      (error) => error instanceof MathFault && message.test(error.message),
      query.slice(0, 20),
    )
  }
})
