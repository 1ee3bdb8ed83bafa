import type { Readable } from 'node:stream'
import type { Caller } from '../platform/scope.ts'

/**
 * What answers one operation: a plain function from the operation's modelled input to its modelled
 * output. It throws an `AwsError` to refuse. `Scope` is made per request by whoever builds the front.
 */
export type Handler<Input, Output, Scope> = {
  // a method's parameters are compared bivariantly, so that a handler may say `Body: Readable`
  // where the SDK's client-side type allows strings, blobs and streams
  answer(input: Input, scope: Scope): Promise<Output>
}['answer']

/** An SDK client module, e.g. `typeof import('@aws-sdk/client-s3')`: the source of all shapes. */
type CommandClass<Input, Output> = new (
  // biome-ignore lint/suspicious/noExplicitAny: the constructor's own parameter is not of interest
  ...input: any[]
) => { readonly input: Input; resolveMiddleware(...parameters: never[]): CommandHandler<Output> }
type CommandHandler<Output> = (...parameters: never[]) => Promise<{ output: Output }>

/**
 * A streaming member as the server sees it. An input's stream fails at its end, with the refusal, when it is
 * not what was signed or what its checksums say: commit nothing before it has ended. A checksum that the client
 * sends behind the body (`ChecksumCRC32`, …) is a member of the input once the stream has ended.
 */
type Streaming<Shape> = Shape extends { Body?: unknown }
  ? Omit<Shape, 'Body'> & { Body?: Readable | undefined }
  : Shape

/** Handlers by operation name, for one service; a name the service does not have is a type error. */
export type HandlersOf<ClientModule, Scope> = {
  readonly [Name in keyof ClientModule as Name extends `${infer Operation}Command`
    ? Operation
    : never]?: ClientModule[Name] extends CommandClass<infer Input, infer Output>
    ? Handler<Streaming<Input>, Streaming<Omit<Output, '$metadata'>>, Scope>
    : never
}

/** The secret behind an access key, and who bears it. */
export type Credentials =
  | { readonly known: true; readonly secretAccessKey: string; readonly caller: Caller }
  | { readonly known: false; readonly because: 'unknown key' | 'invalid token' | 'expired token' }

/** Looks keys up without waiting: signatures are checked on the invoke path too. */
export interface CredentialSource {
  find(accessKeyId: string, sessionToken: string | undefined): Credentials
}

/**
 * An operation whose answer may be held back from clients that only poll: until `isSettled` says that
 * waiting is over, or the bound for that client has passed.
 */
export interface Hold {
  /** The change topic to wait on; see `platform/database/changes.ts`. */
  readonly topic: (output: Record<string, unknown>) => string
  readonly isSettled: (output: Record<string, unknown>) => boolean
}
