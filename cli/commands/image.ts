import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createLog } from '../../server/src/base/log.ts'
import {
  enginePaths,
  engineSettings,
  listImages,
  registerImage,
  removeImage,
} from '../../server/src/platform/engines/process/index.ts'
import { type Command, Problem, print, printJson, printTable, UsageError } from '../command.ts'
import { configFor, DATA_DIR_OPTION, dataDirHelp } from '../installation-options.ts'

export const image: Command = {
  usage: 'add NAME DIR | list [--json] | remove NAME',
  summary: 'let jobs and models use a folder as a container image',
  help: `A folder with the programs bin/train and bin/serve (or one executable named by --entrypoint,
which is called with train or serve) stands for the container image NAME, whatever registry the
image URI names. The folder is copied, as a push would; a requirements.txt in it becomes its Python
environment at first use.

  add NAME[:TAG] DIR   register a copy of DIR, as :latest when no tag is given; an earlier one of
                       the same name and tag is replaced, and each tag is an image of its own
    --entrypoint FILE  the program to run, relative to DIR
  list                 what is registered; --json: {"images": [{"name", "tag", "directory", …}]}
  remove NAME[:TAG]    forget it
${dataDirHelp(21)}

Examples:
  ./sagebrush image add my-algorithm examples/my-algorithm
  ./sagebrush image list`,
  run: async (args) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...DATA_DIR_OPTION, entrypoint: { type: 'string' }, json: { type: 'boolean' } },
    })
    const { imagesDir } = enginePaths(engineSettings(configFor(values), createLog({})))
    const [verb, name, directory, ...more] = positionals
    if (more.length > 0) throw new UsageError(`give ${image.usage}; see ./sagebrush image --help`)
    if (verb === 'add' && name && directory) {
      const { entrypoint } = values
      await add(imagesDir, {
        name,
        directory: resolve(directory),
        ...(entrypoint && { entrypoint }),
      })
    } else if (verb === 'list' && !name) await list(imagesDir, values.json ?? false)
    else if (verb === 'remove' && name && !directory) await remove(imagesDir, name)
    else throw new UsageError(`give ${image.usage}; see ./sagebrush image --help`)
    return 0
  },
}

async function add(
  imagesDir: string,
  options: { name: string; directory: string; entrypoint?: string },
): Promise<void> {
  try {
    const { name, tag } = await registerImage(imagesDir, options)
    print(`registered ${name}:${tag}: any image URI that ends in /${name}:${tag} means this folder`)
  } catch (error) {
    throw new Problem((error as Error).message)
  }
}

async function list(imagesDir: string, isJson: boolean): Promise<void> {
  const images = await listImages(imagesDir)
  if (isJson) printJson({ images })
  else if (images.length === 0) print('no images are registered: ./sagebrush image add NAME DIR')
  else {
    printTable([
      ['NAME', 'TAG', 'DIRECTORY'],
      ...images.map(({ name, tag, directory }) => [name, tag, directory]),
    ])
  }
}

async function remove(imagesDir: string, name: string): Promise<void> {
  if (!(await removeImage(imagesDir, name))) {
    throw new Problem(`no image ${name} is registered: ./sagebrush image list shows those that are`)
  }
  print(`removed ${name}`)
}
