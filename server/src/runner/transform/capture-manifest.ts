import type { TaskTransform } from '../../platform/engines/task-transform.ts'

type Capture = NonNullable<TaskTransform['capture']>

/** An object that says which objects were captured. */
export interface CaptureManifest {
  readonly s3Uri: string
  readonly content: string
}

export interface CapturedObjects {
  /** With its final slash. */
  readonly prefix: string
  readonly names: readonly string[]
}

/**
 * The manifests of one instance's objects: nothing is copied, what went in and came out is named.
 *
 * @source "Capture data from batch transform job"
 */
export function captureManifests(
  capture: Capture,
  captured: {
    readonly input: CapturedObjects
    readonly output: CapturedObjects
  },
): readonly CaptureManifest[] {
  const hour = capture.startedAt.slice(0, 13).replace(/[-T]/g, '/')
  const root = capture.s3Uri.replace(/\/+$/, '')
  return (['input', 'output'] as const).map((side) => {
    const { prefix, names } = captured[side]
    return {
      s3Uri: `${root}/${side}/${hour}/${capture.manifestName}.json`,
      content: JSON.stringify([{ prefix }, ...names]),
    }
  })
}
