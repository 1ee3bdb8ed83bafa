import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registerImage } from '../../server/src/platform/engines/images.ts'
import type { TestServer } from './server.ts'

/**
 * Registers an image that has one program.
 *
 * @param options.name of the image's repository
 * @param options.program with its `#!` line; becomes `bin/<verb>`
 * @returns the image's URI in the server's account and region
 */
export async function registerProgram(
  { config }: Pick<TestServer, 'config'>,
  options: {
    readonly name: string
    readonly verb?: 'train' | 'serve'
    readonly program: string
  },
): Promise<string> {
  const { name, verb = 'serve', program } = options
  const directory = await mkdtemp(join(tmpdir(), `${name}-`))
  try {
    await mkdir(join(directory, 'bin'))
    const path = join(directory, 'bin', verb)
    await writeFile(path, program)
    await chmod(path, 0o755)
    await registerImage(join(config.dataDir, 'images'), { name, directory })
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 10 })
  }
  return `${config.account}.dkr.ecr.${config.region}.amazonaws.com/${name}:latest`
}
