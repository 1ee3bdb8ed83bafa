import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attachment, detach } from './attachment.ts'

const URL_ = 'http://127.0.0.1:8420'
const BUNDLE = '/data/ca/bundle.pem'

function attach(proxy: boolean, environment: Record<string, string> = {}) {
  const keys = { accessKeyId: 'AKID', secretAccessKey: 'secret' }
  return attachment({ url: URL_, dataDir: '/data', region: 'eu-west-1', keys, proxy, environment })
}

test('the direct way gives an endpoint, the other a proxy with its certificates', () => {
  const keys = {
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    NO_PROXY: 'localhost,127.0.0.1,::1',
  }

  assert.deepEqual(attach(false).variables, { AWS_ENDPOINT_URL: URL_, ...keys })
  assert.deepEqual(attach(true).variables, {
    HTTPS_PROXY: URL_,
    AWS_CA_BUNDLE: BUNDLE,
    REQUESTS_CA_BUNDLE: BUNDLE,
    ...keys,
  })
})

test('each way takes back what the other one set, and leaves a proxy that is not ours', () => {
  const own = { HTTPS_PROXY: URL_, AWS_CA_BUNDLE: BUNDLE, REQUESTS_CA_BUNDLE: BUNDLE }
  const session = ['AWS_SESSION_TOKEN', 'AWS_PROFILE']

  assert.deepEqual(attach(true, { AWS_ENDPOINT_URL: URL_ }).stale, [...session, 'AWS_ENDPOINT_URL'])
  assert.deepEqual(attach(false, own).stale, [...session, ...Object.keys(own)])
  assert.deepEqual(attach(false, { HTTPS_PROXY: 'http://proxy.example' }).stale, session)
})

test('what clients prefer to our variables does not stand in the way', () => {
  const environment = {
    https_proxy: 'http://proxy.example',
    no_proxy: 'example.org, amazonaws.example',
    AWS_ENDPOINT_URL_S3: 'https://s3.example',
  }

  const { variables, stale } = attach(true, environment)

  assert.equal(variables.NO_PROXY, 'example.org,amazonaws.example,localhost,127.0.0.1,::1')
  for (const name of Object.keys(environment)) assert.ok(stale.includes(name), name)
})

test('attaching twice comes to the same', () => {
  const once = attach(true).variables

  assert.deepEqual(attach(true, once).variables, once)
})

test("the platform's own downloads do not go through the platform, and do through a person's proxy", () => {
  const attached: Record<string, string | undefined> = { ...attach(true).variables }
  const own = { HTTPS_PROXY: 'http://proxy.example', AWS_CA_BUNDLE: '/etc/own.pem' }
  const kept: Record<string, string | undefined> = { ...own }

  detach(attached, '/data')
  detach(kept, '/data')

  assert.equal(attached.HTTPS_PROXY, undefined)
  assert.equal(attached.REQUESTS_CA_BUNDLE, undefined)
  assert.deepEqual(kept, own)
})
