import assert from 'node:assert/strict'
import test from 'node:test'
import type { FleetVariant } from './fleet.ts'
import { replicaTask } from './replica.container.ts'
import { replicaFailureReason } from './replica-failure.ts'

const GIB = 2 ** 30

const VARIANT: FleetVariant = {
  variantName: 'AllTraffic',
  production: {
    VariantName: 'AllTraffic',
    ModelName: 'm',
    InstanceType: 'ml.m4.2xlarge',
    InitialInstanceCount: 1,
  },
  container: {
    Image: 'image:1',
    ContainerHostname: 'string',
    Environment: { SAGEMAKER_PROGRAM: 'x' },
  },
  modelData: { s3Uri: 's3://bucket/model.tar.gz', s3DataType: 'Object', unpack: 'tar.gz' },
  executionRoleArn: 'arn:aws:iam::123456789012:role/r',
  networkIsolation: false,
  resolvedImage: 'runtime',
  resolvedAt: '2026-03-01T12:00:00.000Z',
  weight: 1,
  desiredWeight: 1,
  instanceCount: 1,
  desiredInstanceCount: 1,
}

function task(variant: FleetVariant) {
  return replicaTask({
    place: { realm: 1, account: '123456789012', region: 'us-east-1' },
    endpointName: 'My-Endpoint',
    replicaId: 'i-00123456789abcdef',
    variant,
    taskToken: 'token',
  })
}

test('a replica serves on port 8080 with its model below /opt/ml/model and logs where SageMaker does', () => {
  const made = task(VARIANT)

  assert.deepEqual(made.command, { verb: 'serve' })
  assert.deepEqual(made.service, { port: 8080, pingPath: '/ping', startupTimeoutSeconds: 240 })
  assert.deepEqual(made.inputs, [
    {
      name: 'model',
      s3Uri: 's3://bucket/model.tar.gz',
      s3DataType: 'Object',
      unpack: 'tar.gz',
      path: '/opt/ml/model',
      required: true,
    },
  ])
  assert.deepEqual(made.environment, { SAGEMAKER_PROGRAM: 'x' })
  assert.equal(made.graceSeconds, 30)
  assert.deepEqual(made.log, {
    group: '/aws/sagemaker/Endpoints/My-Endpoint',
    stream: 'AllTraffic/i-00123456789abcdef',
  })
})

test('a replica has its instance type, its volume and the time to come up that the variant asks for', () => {
  const made = task({
    ...VARIANT,
    production: {
      ...VARIANT.production,
      VolumeSizeInGB: 10,
      ContainerStartupHealthCheckTimeoutInSeconds: 600,
      ModelDataDownloadTimeoutInSeconds: 900,
    },
  })

  assert.equal(made.resources.vCpus, 8)
  assert.equal(made.resources.memoryBytes, 32 * GIB)
  assert.equal(made.resources.diskBytes, 10 * GIB)
  assert.equal(made.service?.startupTimeoutSeconds, 600)
  assert.equal(made.inputs[0]?.timeoutSeconds, 900)
})

test('a container without model data gets no input and no environment of its own', () => {
  const { modelData, container, ...rest } = VARIANT
  const made = task({ ...rest, container: { Image: container.Image } })

  assert.deepEqual(made.inputs, [])
  assert.deepEqual(made.environment, {})
})

test('a replica that never answered is explained in the words of SageMaker, with its cause', () => {
  const ping =
    'The primary container for production variant AllTraffic did not pass the ping health check. ' +
    'Please check CloudWatch logs for this endpoint.'

  assert.equal(replicaFailureReason(VARIANT, { cause: 'Unhealthy', uploaded: {} }), ping)
  assert.equal(replicaFailureReason(VARIANT, { cause: 'Exited', exitCode: 1, uploaded: {} }), ping)
  assert.equal(
    replicaFailureReason(VARIANT, {
      cause: 'OutOfMemory',
      message: 'It used 8 GiB.',
      uploaded: {},
    }),
    `${ping} It used 8 GiB.`,
  )
  const missing = 'Cannot stage input model from s3://bucket/model.tar.gz: NoSuchKey: not there'
  assert.match(
    replicaFailureReason(VARIANT, { cause: 'InputFailed', message: missing, uploaded: {} }),
    /^Failed to download model data for container "container_1" from URL: "s3:\/\/bucket\/model.tar.gz"\./,
  )
  for (const fault of ["Cannot unpack archive: 'x' is refused", 'Error: incorrect header check']) {
    assert.match(
      replicaFailureReason(VARIANT, { cause: 'InputFailed', message: fault, uploaded: {} }),
      /^Failed to extract model data archive for container "container_1"/,
    )
  }
  assert.match(
    replicaFailureReason(VARIANT, {
      cause: 'ImageFailed',
      message: 'x'.repeat(2000),
      uploaded: {},
    }),
    /^Please make sure all images .{0,1000}$/,
  )
})

test('a copy of an inference component has what it was given of its instance, and the component’s own log', () => {
  const component = { inferenceComponentName: 'summary', cpuCores: 1.5, memoryMbMax: 1536 }
  const copy = task({ ...VARIANT, component })
  const unbound = task({
    ...VARIANT,
    component: { inferenceComponentName: 'summary', cpuCores: 0 },
  })

  assert.deepEqual([copy.resources.vCpus, copy.resources.memoryBytes], [2, 1.5 * GIB])
  assert.deepEqual([unbound.resources.vCpus, unbound.resources.memoryBytes], [8, 32 * GIB])
  assert.deepEqual(copy.log, {
    group: '/aws/sagemaker/InferenceComponents/summary',
    stream: 'AllTraffic/i-00123456789abcdef',
  })
})
