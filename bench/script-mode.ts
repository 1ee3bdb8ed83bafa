import { cp, mkdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { type Program, startProgram } from './programs.ts'
import { type PythonBin, runPython } from './python.ts'

const SERVERS = new URL('servers/', import.meta.url).pathname
const RUNTIMES = new URL('../runtimes/', import.meta.url).pathname

/** Where a container listens: for the general public, or as a task's does. */
export type ContainerAddress = { readonly port: number } | { readonly socketPath: string }

export interface TrainedModel {
  /** Holds the model's file and its script below `code/`, as an archive of a model does. */
  readonly modelDir: string
  readonly modelFile: string
  /** A row of its data, as csv. */
  readonly row: string
}

/** Trains the model of the rows, with its script, below `folder/ml/model`. */
export async function trainModel(python: PythonBin, folder: string): Promise<TrainedModel> {
  const modelDir = join(folder, 'ml', 'model')
  await mkdir(modelDir, { recursive: true })
  const modelFile = join(modelDir, 'model.ubj')
  const trained = await runPython(python, [join(SERVERS, 'train_model.py'), modelFile])
  await cp(join(SERVERS, 'script-mode'), join(modelDir, 'code'), { recursive: true })
  return { modelDir, modelFile, row: trained.stdout.trim() }
}

/** What a replica runs, with `/opt/ml` in `folder`. */
export function startContainer(
  { python }: PythonBin,
  options: {
    readonly folder: string
    readonly address: ContainerAddress
    readonly workers: number
    readonly environment?: Readonly<Record<string, string>>
  },
): Promise<Program> {
  const { folder, address, workers } = options
  return startProgram([python, '-m', 'sagebrush_runtime', 'serve'], {
    environment: {
      PYTHONPATH: RUNTIMES,
      SAGEBRUSH_RUNTIME: 'xgboost',
      SAGEBRUSH_VCPUS: String(workers),
      SAGEMAKER_BASE_DIR: join(folder, 'ml'),
      SAGEMAKER_PROGRAM: 'inference.py',
      ...('port' in address && { SAGEMAKER_BIND_TO_PORT: String(address.port) }),
      ...('socketPath' in address && { SAGEBRUSH_SERVE_SOCKET: address.socketPath }),
      SAGEMAKER_MODEL_SERVER_WORKERS: String(workers),
      ...options.environment,
    },
    isReady: () => pings(address),
  })
}

function pings(address: ContainerAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ ...address, path: '/ping' }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ping.once('error', () => resolve(false)).end()
  })
}
