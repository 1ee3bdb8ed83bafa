/**
 * A gateway alone, with one endpoint whose only replica is the unix socket UPSTREAM_SOCKET: no control, no
 * Postgres. Its port and keys are read from the environment.
 */
import { createLog } from '../../server/src/base/log.ts'
import { createSteerableClock } from '../../server/src/base/steerable-clock.ts'
import { RouteTable } from '../../server/src/capabilities/inference/index.ts'
import { readConfig } from '../../server/src/config.ts'
import { startGateway } from '../../server/src/gateway/index.ts'
import { openInstallation } from '../../server/src/installation.ts'

const { databaseUrl, ...config } = readConfig(process.env)
const endpointName = process.env.ENDPOINT_NAME ?? ''
const unixSocket = process.env.UPSTREAM_SOCKET ?? ''
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
