import { type FoundImage, parseImageName } from '../platform/engines/find-image.ts'
import { PROGRAM_DIR, SERVICE_DIR } from '../platform/engines/process/sandbox/container-view.ts'
import type { TaskOrder } from '../platform/engines/process/task-directory.ts'

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** All variables of the container: the platform's, then the task's own, which win. Nothing of the server's. */
export function environmentVariables(
  { task, settings }: TaskOrder,
  options: { image: FoundImage; environmentDir: string | undefined; platformUrl: string },
): Record<string, string> {
  const { image, environmentDir, platformUrl } = options
  const programs = [
    ...(image.kind === 'folder' ? [`${PROGRAM_DIR}/bin`, PROGRAM_DIR] : []),
    ...(environmentDir === undefined ? [] : [`${environmentDir}/bin`]),
  ]
  const { PYTHONPATH, ...own } = task.environment
  const modules = [PYTHONPATH, image.kind === 'runtime' ? settings.runtimesDir : undefined]
  const pythonPath = modules.filter((path) => path !== undefined && path !== '').join(':')
  return {
    PATH: [...programs, SYSTEM_PATH].join(':'),
    HOME: '/root',
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    AWS_REGION: task.region,
    AWS_DEFAULT_REGION: task.region,
    AWS_ENDPOINT_URL: platformUrl,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${platformUrl}/_sagebrush/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: task.taskToken,
    SAGEBRUSH_VCPUS: String(task.resources.vCpus),
    ...(image.kind === 'runtime' && runtimeVariables(image.runtime.name, task.containerImage)),
    ...(settings.uvPath !== undefined && { SAGEBRUSH_UV: settings.uvPath }),
    ...(task.service && { SAGEMAKER_BIND_TO_PORT: String(task.service.port) }),
    ...(task.service &&
      image.kind === 'runtime' && { SAGEBRUSH_SERVE_SOCKET: `${SERVICE_DIR}/serve.sock` }),
    ...(pythonPath !== '' && { PYTHONPATH: pythonPath }),
    ...own,
  }
}

/** What a runtime does differently for an older version of the image that it stands for depends on the tag. */
function runtimeVariables(name: string, containerImage: string): Record<string, string> {
  const { tag } = parseImageName(containerImage)
  return { SAGEBRUSH_RUNTIME: name, ...(tag !== undefined && { SAGEBRUSH_IMAGE_TAG: tag }) }
}

/** The command inside, by what the image is. */
export function containerCommand(
  { task }: TaskOrder,
  options: { image: FoundImage; environmentDir: string | undefined },
): readonly string[] {
  const { command } = task
  const { image, environmentDir } = options
  if ('arguments' in command && command.entrypoint) {
    return [...command.entrypoint, ...command.arguments]
  }
  if ('verb' in command && image.kind === 'runtime') {
    return [`${environmentDir}/bin/python`, ...image.runtime[command.verb]]
  }
  const words = 'verb' in command ? [command.verb] : command.arguments
  const entrypoint = image.kind === 'folder' ? image.image.entrypoint : undefined
  return entrypoint === undefined ? words : [`${PROGRAM_DIR}/${entrypoint}`, ...words]
}
