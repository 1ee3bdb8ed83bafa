import { readFile } from 'node:fs/promises'
import { type Command, Problem, print, UsageError } from './command.ts'

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).up,
  env: async () => (await import('./commands/env.ts')).env,
  status: async () => (await import('./commands/status.ts')).status,
  down: async () => (await import('./commands/down.ts')).down,
  reset: async () => (await import('./commands/reset.ts')).reset,
  clock: async () => (await import('./commands/clock.ts')).clock,
  notifications: async () => (await import('./commands/notifications.ts')).notifications,
  inject: async () => (await import('./commands/inject.ts')).inject,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  deployments: async () => (await import('./commands/deployments.ts')).deployments,
  deploy: async () => (await import('./commands/deploy.ts')).deploy,
  image: async () => (await import('./commands/image.ts')).image,
}

const EXAMPLES = `Examples:
  ./sagebrush up --detach                  start, and return when ready
  eval "$(./sagebrush env)"                point boto3, the AWS CLI and the SDKs at it
  eval "$(./sagebrush env --proxy)"        the same without any setting in the client's own terms
  ./sagebrush status                       what runs
  ./sagebrush image add my-algo ./my-algo  let CreateTrainingJob and CreateModel use a folder as an image
  ./sagebrush down                         stop; data stays`

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    return help()
  }
  if (name === '--version' || name === '-v' || name === 'version') return version()
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) {
    throw new UsageError(`there is no command '${name}': see ./sagebrush --help`)
  }
  const command = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    print(`${command.summary}\n\nUsage: ./sagebrush ${name} ${command.usage}\n\n${command.help}`)
    return 0
  }
  try {
    return await command.run(rest)
  } catch (error) {
    if (!isParseError(error)) throw error
    // what follows the first sentence is about Node's own ways
    const [said = ''] = error.message.split(/\n|\. /)
    throw new UsageError(`${said.replace(/\.$/, '')}; see ./sagebrush ${name} --help`)
  }
}

async function version(): Promise<number> {
  const file = new URL('../package.json', import.meta.url)
  const { version: number } = JSON.parse(await readFile(file, 'utf8')) as { version: string }
  print(`sagebrush ${number} on Node ${process.version}`)
  return 0
}

async function help(): Promise<number> {
  print('Sagebrush: an ML platform on your machine that speaks SageMaker.\n')
  print('Usage: ./sagebrush COMMAND [OPTIONS]\n\nCommands:')
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  for (const [name, load] of Object.entries(COMMANDS)) {
    print(`  ${name.padEnd(width)} ${(await load()).summary}`)
  }
  print(
    `\n${EXAMPLES}\n\n./sagebrush COMMAND --help says more about each, --version which one this is.`,
  )
  return 0
}

// a reader that has seen enough, as head has, is not a fault
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof UsageError || error instanceof Problem) {
    process.stderr.write(`sagebrush: ${error.message}\n`)
    process.exitCode = error instanceof Problem ? 1 : 2
  } else {
    throw error
  }
}

function isParseError(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  )
}
