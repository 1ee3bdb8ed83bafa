/**
 * A gateway alone, with one endpoint whose only replica is the unix socket UPSTREAM_SOCKET: no control, no
 * Postgres. Its port and keys are read from the environment. CAPTURE=1 captures every request, SHADOW_SOCKET
 * is the replica of a shadow variant that gets a copy of each.
 */
import type { DataCaptureConfig } from '@aws-sdk/client-sagemaker'
import { createLog } from '../../server/src/base/log.ts'
import { createSteerableClock } from '../../server/src/base/steerable-clock.ts'
import { RouteTable, type ShadowRoute } from '../../server/src/capabilities/inference/index.ts'
import { readConfig } from '../../server/src/config.ts'
import { startGateway } from '../../server/src/gateway/index.ts'
import { openInstallation } from '../../server/src/installation.ts'

const CAPTURE_ALL: DataCaptureConfig = {
  EnableCapture: true,
  InitialSamplingPercentage: 100,
  DestinationS3Uri: 's3://bench/capture',
  CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
  CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'] },
}

const { databaseUrl, ...config } = readConfig(process.env)
const endpointName = process.env.ENDPOINT_NAME ?? ''
const unixSocket = process.env.UPSTREAM_SOCKET ?? ''
const { CAPTURE: capture, SHADOW_SOCKET: shadowSocket } = process.env
const table = new RouteTable()
table.update(1, {
  routes: [
    {
      account: config.account,
      region: config.region,
      endpointName,
      endpointArn: `arn:aws:sagemaker:${config.region}:${config.account}:endpoint/${endpointName}`,
      realm: 1,
      version: 1,
      fleets: [
        {
          generation: 1,
          endpointConfigName: endpointName,
          share: 1,
          variants: [
            {
              variantName: 'AllTraffic',
              weight: 1,
              replicas: [{ replicaId: 'upstream', address: { unixSocket } }],
            },
          ],
          ...(shadowSocket && { shadows: [shadowOf(shadowSocket)] }),
          ...(capture && { capture: CAPTURE_ALL }),
        },
      ],
    },
  ],
  withdrawn: [],
})
const gateway = await startGateway({
  config: { ...config, databaseUrl: undefined },
  installation: await openInstallation(config.dataDir, process.env),
  clock: createSteerableClock(),
  log: createLog({}, { level: 'error' }),
  table,
})
// an orderly end, so that a profiler writes what it saw
process.once('SIGTERM', async () => {
  await gateway.stop()
  process.exit(0)
})

function shadowOf(unixSocket: string): ShadowRoute {
  const replicas = [{ replicaId: 'shadow', address: { unixSocket } }]
  return { variantName: 'Shadow', weight: 1, replicas }
}
