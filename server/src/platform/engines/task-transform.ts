/**
 * What a task does with its own service: every object of the input is sent to it in mini-batches, and
 * the answers become one object of the output each. The runner does it (`runner/transform/`), and ends the
 * container when all is done.
 */
export interface TaskTransform {
  readonly input: {
    readonly s3DataType: 'S3Prefix' | 'ManifestFile'
    readonly s3Uri: string
    readonly contentType?: string
    readonly splitType: 'None' | 'Line' | 'RecordIO' | 'TFRecord'
    readonly isGzipped: boolean
    /** This task's part of the objects: those whose index in key order is `index` modulo `count`. */
    readonly shard: { readonly index: number; readonly count: number }
  }
  readonly output: {
    /** An object `a/b.csv` below the input's prefix becomes `a/b.csv.out` below this one. */
    readonly s3Uri: string
    readonly accept?: string
    readonly assembleWith: 'None' | 'Line'
    readonly kmsKeyId?: string
  }
  /** What is absent the container may say itself (`GET /execution-parameters`). */
  readonly batchStrategy?: 'MultiRecord' | 'SingleRecord'
  readonly maxConcurrentTransforms?: number
  /** In MiB; 0 sends payloads of any size, in chunks. */
  readonly maxPayloadMb?: number
  readonly invocationTimeoutSeconds: number
  /** How often a mini-batch is sent again whose answer was a server's fault, or that had none. */
  readonly invocationRetriesMax: number
  /** JSONPath over each record, and whether what was sent comes back with its answer. */
  readonly processing?: {
    readonly inputFilter: string
    readonly outputFilter: string
    readonly joinsInput: boolean
  }
  /** Manifests of what went in and came out. */
  readonly capture?: {
    readonly s3Uri: string
    readonly kmsKeyId?: string
    /** Adds an id and the job's start to every record that comes out. */
    readonly generatesInferenceId: boolean
    /** When the job started, ISO 8601, on the platform's clock. */
    readonly startedAt: string
    /** Tells this task's manifests from those of the job's other instances. */
    readonly manifestName: string
  }
  /** An earlier task may have begun the same, and left uploads unfinished. */
  readonly isRepeated: boolean
  /**
   * Of a model of several containers: all of them in order, of which this task runs the first, and tasks beside
   * it the others. Each gets the answer of the one before it.
   */
  readonly containers?: readonly { readonly name: string; readonly taskId: string }[]
  /** Where it is said how each object fared. */
  readonly dataLog: { readonly group: string; readonly stream: string }
}

/** How a task's transform went that came to its end. */
export interface TransformOutcome {
  readonly objectCount: number
  readonly failureCount: number
  /** The first few failures. */
  readonly failures: readonly { readonly s3Uri: string; readonly reason: string }[]
}
