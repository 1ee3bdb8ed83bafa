import type { Credentials } from '../server/src/runner/signature.ts'
import { type StartedPlatform, startPlatform } from '../tests/support/platform.ts'

/** A platform as `up` starts it, on a data directory of its own, and what signs requests to it. */
export interface BenchPlatform extends StartedPlatform {
  readonly port: number
  readonly region: string
  readonly credentials: Credentials
  /** Registers a folder of `bench/images/`. @returns the container image's name in requests */
  addImage(name: string): Promise<string>
}

export async function startBenchPlatform(): Promise<BenchPlatform> {
  const platform = await startPlatform()
  const variables = JSON.parse(await platform.cli('env', '--json')) as Record<string, string>
  return {
    ...platform,
    port: Number(new URL(platform.url).port),
    region: variables.AWS_REGION ?? '',
    credentials: {
      accessKeyId: variables.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? '',
    },
    addImage: async (name) => {
      await platform.cli('image', 'add', name, new URL(`images/${name}`, import.meta.url).pathname)
      return `123456789012.dkr.ecr.us-east-1.amazonaws.com/${name}:latest`
    },
  }
}
