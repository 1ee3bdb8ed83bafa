import { importsOf, type TrackedFile } from './tracked-files.ts'

/** Rooms of the server from the ground up: a file may import from its own room and from lower ones. */
const FLOORS: readonly (readonly string[])[] = [
  ['base'],
  ['aws'],
  ['config'],
  ['installation'],
  ['platform', 'statistics'],
  ['wire', 'capabilities', 'runner'],
  ['gateway'],
  ['operations', 'internal-requests', 'test-controls', 'housekeeping'],
  ['control', 'supervisor'],
  ['roles'],
  ['main'],
]

/** Which capability may use which, through its index only; ARCHITECTURE.md draws the same arrows. */
export const CAPABILITY_ARROWS: Readonly<Record<string, readonly string[]>> = {
  compute: [],
  identity: [],
  logs: [],
  objects: [],
  tags: [],
  metrics: ['tags'],
  alarms: ['metrics', 'tags'],
  'scalable-targets': ['alarms'],
  scaling: [
    ...['alarms', 'hosting', 'inference', 'inference-components', 'metrics'],
    ...['scalable-targets', 'tags'],
  ],
  inference: ['metrics'],
  capture: ['objects'],
  'async-inference': ['inference', 'logs', 'metrics', 'objects'],
  faults: ['inference', 'jobs'],
  models: ['identity', 'tags', 'objects'],
  hosting: [
    'async-inference',
    'models',
    'inference',
    'compute',
    'tags',
    'identity',
    'logs',
    'objects',
    'scalable-targets',
    'metrics',
    'alarms',
    'faults',
  ],
  'inference-components': ['alarms', 'hosting', 'scalable-targets', 'tags'],
  'inference-experiments': ['hosting', 'identity', 'models', 'tags'],
  jobs: ['identity', 'objects', 'tags'],
  training: ['compute', 'identity', 'jobs', 'tags', 'logs', 'objects', 'metrics'],
  transform: ['compute', 'identity', 'jobs', 'models', 'tags'],
}

/** Files without I/O: no engines, database, bytes, network, clock or chance. */
const PURE = /\.(workflow|states|container|validation)\.ts$|^server\/src\/statistics\//
const EFFECTS =
  /^server\/src\/platform\/(engines|database|objects)\/|^node:(fs|net|http|child_process)/

function roomOf(path: string): string | undefined {
  return /^server\/src\/([^/]+?)(?:\.ts)?(?:\/|$)/.exec(path)?.[1]
}

function capabilityOf(path: string): string | undefined {
  return /^server\/src\/capabilities\/([^/]+)\//.exec(path)?.[1]
}

/** Everything in `files` that breaks the import rule, each with what to do instead. */
export function importFaults(files: readonly TrackedFile[]): string[] {
  const sources = files.filter(({ path }) => path.startsWith('server/src/') && path.endsWith('.ts'))
  return sources
    .filter(({ path }) => !/(\.test|-fixture)\.ts$/.test(path))
    .flatMap((file) =>
      importsOf(file).flatMap((one) => [
        ...floorFaults(file.path, one.path),
        ...capabilityFaults(file.path, one.path),
        ...pureFaults(file.path, one),
        ...invokePathFaults(file.path, one),
      ]),
    )
}

function floorFaults(from: string, to: string): string[] {
  const [own, other] = [roomOf(from), roomOf(to)]
  if (own === undefined || other === undefined || own === other) return []
  const [ownFloor, otherFloor] = [floorOf(own), floorOf(other)]
  if (ownFloor < 0) return [`${from}: the room ${own} has no floor: give it one in tools/tidy`]
  if (otherFloor < ownFloor || isSharedVocabulary(to)) return []
  return [`${from} imports ${to}: ${own} stands below ${other}; hand it in from above instead`]
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room))
}

/** Types that both sides of a border speak in; they vanish at run time. */
function isSharedVocabulary(path: string): boolean {
  return path === 'server/src/platform/scope.ts' || path === 'server/src/wire/handler.ts'
}

function capabilityFaults(from: string, to: string): string[] {
  const [own, other] = [capabilityOf(from), capabilityOf(to)]
  if (other === undefined || own === other) return []
  const faults = []
  const isFace = /\/(index|credential-source|route|route\.store|route-feed|tap)\.ts$/.test(to)
  if (!isFace) faults.push(`${from} imports ${to}: use ${other} through its index.ts`)
  if (own !== undefined && !CAPABILITY_ARROWS[own]?.includes(other)) {
    faults.push(
      `${from} imports ${other}: no arrow leads there; see ARCHITECTURE.md, then tools/tidy`,
    )
  }
  return faults
}

function pureFaults(from: string, one: { path: string; typeOnly: boolean }): string[] {
  if (!PURE.test(from) || one.typeOnly || !EFFECTS.test(one.path)) return []
  return [`${from} imports ${one.path}: this file decides; move what acts into *.activities.ts`]
}

function invokePathFaults(from: string, one: { path: string; typeOnly: boolean }): string[] {
  if (!/capabilities\/inference\/invoke|^server\/src\/gateway\/http1\//.test(from)) return []
  if (one.typeOnly || !/platform\/(workflow|database)\//.test(one.path)) return []
  return [`${from} imports ${one.path}: a request never waits on control; read the route table`]
}

/** Import cycles between files, at run time. */
export function importCycles(files: readonly TrackedFile[]): string[] {
  const graph = new Map(
    files
      .filter(({ path }) => path.endsWith('.ts'))
      .map((file) => [
        file.path,
        importsOf(file)
          .filter(({ typeOnly }) => !typeOnly)
          .map(({ path }) => path),
      ]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at >= 0) {
      cycles.push(`${[...trail.slice(at), path].join(' → ')}: move what both need below them`)
      return
    }
    if (done.has(path)) return
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return cycles
}
