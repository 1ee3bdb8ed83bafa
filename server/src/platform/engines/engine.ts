import type { TaskTransform, TransformOutcome } from './task-transform.ts'

/**
 * A task is one container run: a job's host, or one replica of an endpoint's variant. The contract below
 * is all that capabilities know of machines; every engine passes `conformance.ts`. Nothing in it assumes
 * one machine, a shared file system or host processes.
 */
export interface Task {
  /** Unique for ever, [a-z0-9-]{1,63}; derived from the resource, so that starting twice is one run. */
  readonly taskId: string
  /** What the task is for, e.g. `TrainingJob` or `Replica`, and the resource's name: shown by `status`. */
  readonly kind: string
  readonly name: string
  /** The account life the task belongs to; see `platform/scope.ts`. */
  readonly realm: number
  readonly account: string
  readonly region: string
  /** The container image as the user named it; the engine resolves it (`images.ts`). */
  readonly containerImage: string
  readonly command: TaskCommand
  readonly environment: Readonly<Record<string, string>>
  /** Small files that are there before the container starts, e.g. `/opt/ml/input/config/…json`. */
  readonly files: readonly TaskFile[]
  readonly inputs: readonly TaskInput[]
  readonly outputs: readonly TaskOutput[]
  /** Every host of the job, in order; absent when there is one host that nobody else names. */
  readonly hosts?: readonly string[]
  /** Which of `hosts` this task is. */
  readonly host?: string
  /** An `http` port that the container serves; present for replicas. */
  readonly service?: TaskService
  /** What is sent to the service, and the task's whole purpose; present for the tasks of transform jobs. */
  readonly transform?: TaskTransform
  readonly resources: TaskResources
  /** True cuts the container off from every network but the platform itself. */
  readonly networkIsolation: boolean
  /** Between SIGTERM and SIGKILL, on a stop. */
  readonly graceSeconds: number
  /** Where standard output and error go. */
  readonly log: { readonly group: string; readonly stream: string }
  /** Lines written to the log before the container's own, e.g. which runtime stands for the image. */
  readonly notes: readonly string[]
  /** The execution role whose credentials the container sees. */
  readonly roleArn: string
  /** Proof towards the platform that its bearer is this task; exchanged for the role's credentials. */
  readonly taskToken: string
  /** Values read from log lines: the last match of each is reported, and every match counted. */
  readonly metricDefinitions: readonly { readonly name: string; readonly regex: string }[]
}

/**
 * What to run in the image: one of its own commands; an entrypoint in place of the image's; or other arguments to the
 * image's own entrypoint, which are the command itself where the image has none.
 */
export type TaskCommand =
  | { readonly verb: 'train' | 'serve' }
  | { readonly entrypoint?: readonly string[]; readonly arguments: readonly string[] }

export interface TaskFile {
  readonly path: string
  readonly content: string
}

/** Something in S3 that is copied to a folder before the container starts. */
export interface TaskInput {
  /** Names the input in messages, e.g. the channel. */
  readonly name: string
  readonly s3DataType: 'S3Prefix' | 'ManifestFile' | 'Object'
  readonly s3Uri: string
  /** The folder that it becomes. */
  readonly path: string
  /** `gzip` undoes compression of each object; `tar.gz` unpacks an archive, with links and `..` refused. */
  readonly unpack: 'none' | 'gzip' | 'tar.gz'
  /** This host's part of the objects: those whose index in key order is `index` modulo `count`. */
  readonly shard?: { readonly index: number; readonly count: number }
  /** False lets an empty prefix pass (checkpoints before the first run). */
  readonly required: boolean
  /** How long the copy may take, of the wall's clock; absent: as long as it needs. */
  readonly timeoutSeconds?: number
}

/** A folder whose content goes to S3. */
export interface TaskOutput {
  readonly name: string
  readonly path: string
  readonly s3Uri: string
  /** `tar.gz` makes one deterministic archive at `s3Uri`; `files` keeps each file's relative path below it. */
  readonly pack: 'tar.gz' | 'files'
  /** `continuous` also copies new and changed files while the container runs. */
  readonly upload: 'end' | 'continuous'
  /** True skips an archive that would be empty. */
  readonly omitEmpty: boolean
  readonly kmsKeyId?: string
}

export interface TaskService {
  readonly port: number
  readonly pingPath: string
  /** How long the container may take to answer its first ping with 200. */
  readonly startupTimeoutSeconds: number
  /** True: it is left alone after its first good ping, since one that works on a large payload may not answer. */
  readonly pingedUntilReady?: true
  /** True: it gets one request at a time; connections beyond are told that it is busy. */
  readonly takesOne?: boolean
  /** Present: the container speaks the multi-model API, and models are loaded when requests name them. */
  readonly models?: {
    /** A model's object is this followed by its name. */
    readonly s3Prefix: string
    /** False unloads a model as soon as nobody uses it. */
    readonly keepsLoaded: boolean
  }
}

export interface TaskResources {
  readonly vCpus: number
  readonly memoryBytes: number
  readonly diskBytes: number
  readonly pidsMax: number
}

/** The phases of a task in order; a phase that has nothing to do is passed through all the same. */
export type TaskPhase = 'Starting' | 'Downloading' | 'Running' | 'Uploading' | 'Ended'

/** How a task stands: answered by `observe`, told by `watch`. */
export interface TaskObservation {
  readonly taskId: string
  /** `Lost`: started once, and now neither running nor ended (its machine or runner died). */
  readonly state: 'Unknown' | TaskPhase | 'Lost'
  /** When each phase began, ISO 8601. */
  readonly phases: readonly { readonly phase: TaskPhase; readonly at: string }[]
  /** For replicas: answers pings, and where the gateway reaches it. */
  readonly ready: boolean
  readonly address?: TaskAddress
  readonly metrics: readonly TaskMetric[]
  readonly end?: TaskEnd
}

export type TaskAddress =
  | { readonly unixSocket: string }
  | { readonly hostname: string; readonly port: number }

/** The last value that a metric definition read from the log. */
export interface TaskMetric {
  readonly name: string
  readonly value: number
  /** ISO 8601 */
  readonly at: string
  /** How many values it has read so far. */
  readonly count: number
}

/** How a task ended. Everything but `Exited` is the platform's doing or finding. */
export interface TaskEnd {
  readonly cause:
    | 'Exited' // the container's process ended by itself; see exitCode
    | 'Stopped' // by `stop`
    | 'InputFailed' // an input is not there or cannot be unpacked
    | 'OutputFailed' // an output could not be stored
    | 'ImageFailed' // no such image, or its environment could not be made
    | 'StartFailed' // the container could not be started
    | 'Unhealthy' // the service did not answer its ping in time, or stopped answering
    | 'OutOfMemory'
    | 'OutOfDisk'
  /** 128 + signal when a signal ended it. Absent when the container never ran. */
  readonly exitCode?: number
  /** What happened, for a person: becomes part of FailureReason. */
  readonly message?: string
  /** The first 1,024 characters of `/opt/ml/output/failure`, when the container wrote it. */
  readonly failureText?: string
  /** Of `/opt/ml/output/message` likewise. */
  readonly exitMessage?: string
  /** When the container's process began and ended, ISO 8601. */
  readonly startedAt?: string
  readonly endedAt?: string
  /** Where each output went, by name; an output left out was empty. */
  readonly uploaded: Readonly<Record<string, string>>
  /** Present when a transform came to its end, after which the container was stopped. */
  readonly transformed?: TransformOutcome
}

export interface Engine {
  /** By which the hosts of a job reach each other, as their containers see it, e.g. `eth0`. */
  readonly networkInterface: string
  /** Begins the task. Idempotent by taskId: a second call, from any process, changes nothing. */
  start(task: Task): Promise<void>
  /** How the task stands. Total: a task never started is `Unknown`, one that died unseen is `Lost`. */
  observe(taskId: string): Promise<TaskObservation>
  /** Asks the container to end; after `graceSeconds` it is killed with all its processes. Outputs are still stored. Idempotent. */
  stop(taskId: string, options: { graceSeconds: number }): Promise<void>
  /** Kills the running container, which ends as one that crashed. Nothing, where none runs. */
  kill(taskId: string): Promise<void>
  /** Forgets the task and its files; kills what still runs. Idempotent. */
  remove(taskId: string): Promise<void>
  /** Every task the engine knows. */
  list(): Promise<readonly TaskSummary[]>
  /**
   * What every running container takes at its latest sample, some fifteen seconds old at most. A container
   * that has run for less than a second, or that ends at this moment, may be missing.
   */
  usage(): Promise<readonly TaskUsage[]>
  /** Calls `changed` soon after any task's observation changes. A hint: it may miss some, so sweep too. */
  watch(changed: (taskId: string) => void): Disposable
  /** Whether `containerImage` can be had; says what stands for it. */
  resolveImage(containerImage: string): Promise<ImageResolution>
}

export interface TaskSummary {
  readonly taskId: string
  readonly kind: string
  readonly name: string
  readonly realm: number
  readonly state: TaskObservation['state']
  /** It was asked to end, and has not yet. */
  readonly isStopping: boolean
  readonly runnerPid?: number
  readonly pid?: number
}

/** What a task's container takes of what it was given, measured on the machine that runs it. */
export interface TaskUsage
  extends Pick<Task, 'taskId' | 'kind' | 'name' | 'realm' | 'account' | 'region' | 'host' | 'log'> {
  /** How many cores it was given. */
  readonly vCpus: number
  /** Of one core, summed over cores, averaged since the sample before: two busy cores are 200. */
  readonly cpuPercent: number
  /** Of `resources.memoryBytes`; without what the kernel merely keeps of files. */
  readonly memoryPercent: number
  /** Of `resources.diskBytes`. */
  readonly diskPercent: number
  /** ISO 8601, by the machine's clock. */
  readonly sampledAt: string
}

export type ImageResolution =
  | { readonly found: true; readonly standsFor: string; readonly note?: string }
  | { readonly found: false; readonly reason: string }
