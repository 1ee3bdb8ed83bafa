import { demo, say, step } from './demo-platform.ts'

/**
 * `npm run demo:release`: ships a broken model that an alarm takes back and a good one that stays, with the
 * platform's clock sped up so that bakes of minutes take seconds.
 */
const SPEED = 30
const PICTURE = 'release.svg'

await demo(async (platform) => {
  const endpoint = `release-${process.pid}`
  say(`The platform's clock runs ${SPEED} times as fast: a bake of ten minutes takes 20 seconds.`)
  await step('sped the clock up', () => platform.sagebrush('clock', 'speed', String(SPEED)))
  try {
    await platform.runExample('examples/release/main.py', { ENDPOINT: endpoint, PICTURE })
  } finally {
    await platform.sagebrush('clock', 'reset')
  }
  say('\nWhat the deployments decided, and why (./sagebrush deployments):')
  await step('read the record', () => platform.sagebrush('deployments', endpoint))
  say(`\nThe picture of it: ${PICTURE}.  ./sagebrush down  stops the platform.`)
})
