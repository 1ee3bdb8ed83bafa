import { type Clock, systemClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Changes } from '../platform/database/changes.ts'
import type { Caller } from '../platform/scope.ts'
import { errorResponse } from './error-response.ts'
import { type Exchange, openExchange } from './exchange.ts'
import type { CredentialSource, HandlersOf, Hold } from './handler.ts'
import type { HttpExchange } from './http-exchange.ts'
import type { Shape, WireAnswer } from './protocols/protocol.ts'
import { openBody, receiveBody } from './steps/body/receive-body.ts'
import { checkConstraints } from './steps/check-constraints.ts'
import { checkSignature } from './steps/check-signature.ts'
import { findOperation, handlersByName } from './steps/find-operation.ts'
import { type Addressed, demandClaim, findService } from './steps/find-service.ts'
import { answerWhenSettled, holdMs } from './steps/hold.ts'
import { logRequest, type Outcome } from './steps/log-request.ts'
import { isHangUp, send } from './steps/send.ts'
import type { PlatformClock } from './steps/signature/verify.ts'

/** The handlers of everything that is built, by service. */
export interface OperationTables<Scope> {
  readonly sagemaker: HandlersOf<typeof import('@aws-sdk/client-sagemaker'), Scope>
  readonly 'sagemaker-runtime': HandlersOf<
    typeof import('@aws-sdk/client-sagemaker-runtime'),
    Scope
  >
  readonly s3: HandlersOf<typeof import('@aws-sdk/client-s3'), Scope>
  readonly sts: HandlersOf<typeof import('@aws-sdk/client-sts'), Scope>
  readonly iam: HandlersOf<typeof import('@aws-sdk/client-iam'), Scope>
  readonly logs: HandlersOf<typeof import('@aws-sdk/client-cloudwatch-logs'), Scope>
  readonly cloudwatch: HandlersOf<typeof import('@aws-sdk/client-cloudwatch'), Scope>
  readonly 'application-autoscaling': HandlersOf<
    typeof import('@aws-sdk/client-application-auto-scaling'),
    Scope
  >
}

/** A verified request, as those outside the wire see it. */
export interface VerifiedRequest {
  readonly requestId: string
  readonly caller: Caller
  readonly region: string
  /** E.g. `sagemaker`. */
  readonly service: string
  /** E.g. `CreateModel`. */
  readonly operation: string
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
}

export interface FrontOptions<Scope> {
  readonly operations: Partial<OperationTables<Scope>>
  readonly credentials: CredentialSource
  readonly scopeFor: (request: VerifiedRequest) => Scope | Promise<Scope>
  /** Refuses what the caller may not do, by throwing. */
  readonly authorise: (
    request: VerifiedRequest & { readonly input: object },
  ) => void | Promise<void>
  /** By service and operation; none turns the holding of answers off. */
  readonly holds?: Readonly<Record<string, Readonly<Record<string, Hold>>>>
  readonly changes: Pick<Changes, 'waitFor'>
  /** The clock that clients sign by: the system's; another one is for tests. */
  readonly wallClock?: Clock
  /** The platform's clock, which a user may freeze and advance: presigned URLs age by it. */
  readonly platformClock?: PlatformClock
  readonly log: Log
  /** Largest body of the protocols that are read whole; 16 MiB by default. */
  readonly bodyBytesMax?: number
}

/** Answers every AWS request. */
export type Front = (http: HttpExchange) => void

export function createFront<Scope>(options: FrontOptions<Scope>): Front {
  return (http) => {
    void answer(openExchange(http), options)
  }
}

async function answer<Scope>(exchange: Exchange, options: FrontOptions<Scope>): Promise<void> {
  const { request, http } = exchange
  const addressed = findService(request)
  const { service } = addressed
  exchange.trace.service = service.id
  let outcome: Outcome
  try {
    outcome = { answer: await runChain(exchange, { ...options, addressed }) }
  } catch (error) {
    outcome = { ...errorResponse(error, { request, service }), error }
  }
  try {
    if (!http.signal.aborted) await send(http, { request, service, answer: outcome.answer })
  } catch (error) {
    // too late for a refusal: a broken connection is the only way left to say it
    outcome = { ...outcome, error, brokenOff: !isHangUp(error) }
    http.breakOff()
  }
  logRequest(exchange, { outcome, log: options.log })
}

/** The request chain: each line may refuse by throwing, and the order is part of the contract. */
async function runChain<Scope>(
  exchange: Exchange,
  options: FrontOptions<Scope> & { addressed: Addressed },
): Promise<WireAnswer> {
  const { request, trace } = exchange
  const { service } = options.addressed
  // nothing is read for those who do not say who they are
  const claim = demandClaim(options.addressed)
  // S3 declares its body's hash and is verified before a byte is taken; the others sign the hash of a
  // body that they do not declare, so theirs is read first, within a bound
  const body = await receiveBody(request, { service, claim, bytesMax: options.bodyBytesMax })
  const { credentials, platformClock, wallClock = systemClock } = options
  const { payloadHash } = body
  const now = wallClock.now()
  const verified = checkSignature(request, {
    service,
    claim,
    payloadHash,
    credentials,
    now,
    platformClock,
  })
  trace.caller = verified.caller
  // only the verified learn what there is
  const found = await findOperation(request, {
    service,
    payload: body.payload,
    handlers: handlersByName(options.operations),
  })
  const { operation, labels } = found
  trace.operation = operation.name
  const payload = body.payload ?? openBody(request, { claim, payloadHash, verified, operation })
  const input = await service.protocol.read(operation, { request, payload, labels })
  const about: VerifiedRequest = {
    requestId: request.id,
    caller: verified.caller,
    region: claim.region,
    service: service.id,
    operation: operation.name,
    signal: exchange.http.signal,
  }
  // who may not do it does not learn how it would be done right
  await options.authorise({ ...about, input })
  if (service.validationCode !== undefined) {
    const code = service.validationCode
    checkConstraints(input, { service: service.id, operation: operation.name, code })
  }
  const scope = await options.scopeFor(about)
  const output = await answerWhenSettled(() => found.answer(input, scope), {
    hold: options.holds?.[service.id]?.[operation.name],
    boundMs: holdMs(request.header('user-agent')),
    changes: options.changes,
    signal: exchange.http.signal,
  })
  return service.protocol.write(operation, output as Shape, request)
}
