import { type AwsError, notImplemented } from '../../aws/errors.ts'
import { assert } from '../../base/assert.ts'
import type { WireRequest } from '../request.ts'
import { SERVICES, type ServiceDefinition } from '../services.ts'
import { readClaim, type SignatureClaim } from './signature/claim.ts'
import { SignatureFault } from './signature/fault.ts'
import { signatureRefusal } from './signature/refusal.ts'
import { readVersion2Claim } from './signature/version-2.ts'

export interface Addressed {
  readonly service: ServiceDefinition
  /** What to answer with at once, in the service's words: the request cannot be anyone's. */
  readonly refusal: SignatureFault | AwsError | undefined
  readonly claim: SignatureClaim | undefined
}

/**
 * All services share one port: what a request is for is told by its signature's scope, and only for those
 * without one by `X-Amz-Target`, the host and the path.
 */
export function findService(request: WireRequest): Addressed {
  let claim: SignatureClaim
  try {
    claim = readVersion2Claim(request.query) ?? readClaim(request)
  } catch (error) {
    if (!(error instanceof SignatureFault)) throw error
    return { service: likelyService(request), refusal: error, claim: undefined }
  }
  const candidates = BY_SIGNING_NAME.get(claim.service) ?? []
  const spoken = marksOf(request)
  const service = candidates.find((candidate) => speaks(candidate, spoken)) ?? candidates[0]
  if (service) return { service, refusal: undefined, claim }
  const refusal = notImplemented(`The service '${claim.service}' is not offered here.`)
  return { service: wordedLike(request, 'sagemaker-runtime'), refusal, claim }
}

const BY_SIGNING_NAME = Map.groupBy(SERVICES, ({ signingName }) => signingName)

/** @throws AwsError in the service's words when the request cannot be anyone's */
export function demandClaim({ service, refusal, claim }: Addressed): SignatureClaim {
  if (refusal instanceof SignatureFault) throw signatureRefusal(refusal, service.dialect)
  if (refusal) throw refusal
  assert(claim, 'a request without a refusal has a claim')
  return claim
}

/** The service whose words an unsigned request is refused in. */
function likelyService(request: WireRequest): ServiceDefinition {
  const target = request.header('x-amz-target')
  const version = request.query.get('Version')?.[0]
  const host = /^(?:[^.]+\.)*?([a-z]+)(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/.exec(
    request.host,
  )
  const spoken = marksOf(request)
  return (
    SERVICES.find(({ targetPrefix }) => hasPrefix(target, targetPrefix)) ??
    SERVICES.find((one) => one.smithyProtocol !== undefined && speaks(one, spoken)) ??
    SERVICES.find(({ apiVersion }) => version !== undefined && apiVersion === version) ??
    SERVICES.find(({ hostLabels }) => host !== null && hostLabels.includes(host[1] ?? '')) ??
    wordedLike(request, 's3')
  )
}

/** A service of the protocol that a request looks to be in; `restService` when it is in none with marks. */
function wordedLike(request: WireRequest, restService: string): ServiceDefinition {
  if (request.header('x-amz-target') !== undefined) return serviceNamed('sagemaker')
  const isForm = request.header('content-type')?.startsWith('application/x-www-form-urlencoded')
  return serviceNamed(isForm ? 'sts' : restService)
}

/** The marks by which protocols of one service are told apart. */
interface ProtocolMarks {
  readonly target: string | undefined
  readonly smithyProtocol: string | undefined
}

function marksOf(request: WireRequest): ProtocolMarks {
  return {
    target: request.header('x-amz-target'),
    smithyProtocol: request.header('smithy-protocol')?.toLowerCase(),
  }
}

function speaks(service: ServiceDefinition, { target, smithyProtocol }: ProtocolMarks): boolean {
  if (service.targetPrefix !== undefined) return hasPrefix(target, service.targetPrefix)
  return target === undefined && smithyProtocol === service.smithyProtocol
}

function serviceNamed(id: string): ServiceDefinition {
  const service = SERVICES.find((one) => one.id === id)
  assert(service, `no service ${id}`)
  return service
}

function hasPrefix(target: string | undefined, prefix: string | undefined): boolean {
  return target !== undefined && prefix !== undefined && target.startsWith(`${prefix}.`)
}
