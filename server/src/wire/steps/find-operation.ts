import { AwsError, notImplemented } from '../../aws/errors.ts'
import type { Handler } from '../handler.ts'
import type { Operation } from '../operation.ts'
import type { NamedOperation, Payload } from '../protocols/protocol.ts'
import type { WireRequest } from '../request.ts'
import type { ServiceDefinition } from '../services.ts'

/** Handlers by service and operation, as the chain sees them once types have done their work. */
export type HandlerTable<Scope> = Readonly<
  Record<string, Readonly<Record<string, Handler<object, object, Scope> | undefined>> | undefined>
>

export interface FoundOperation<Scope> {
  readonly operation: Operation
  readonly labels: NamedOperation['labels']
  readonly answer: Handler<object, object, Scope>
}

/** Built, but not here: control sees them only from somebody who asks it past the platform's port. */
const OF_GATEWAYS: ReadonlySet<string> = new Set([
  'InvokeEndpoint',
  'InvokeEndpointWithResponseStream',
])

/** The one place where typed handlers become handlers by name; the chain gives each what it declares. */
export function handlersByName<Scope>(operations: object): HandlerTable<Scope> {
  return operations as HandlerTable<Scope>
}

/** @throws AwsError when no such operation exists, or it is not built */
export async function findOperation<Scope>(
  request: WireRequest,
  options: {
    service: ServiceDefinition
    payload: Payload | undefined
    handlers: HandlerTable<Scope>
  },
): Promise<FoundOperation<Scope>> {
  const { service, payload, handlers } = options
  const named = await service.protocol.nameOperation(request, payload)
  const operation = named && service.model.operation(named.name)
  if (!named || !operation) throw unknownOperation(service, { request, name: named?.name })
  const answer = handlers[service.id]?.[named.name]
  if (answer) return { operation, labels: named.labels, answer }
  if (service.id === 'sagemaker-runtime' && OF_GATEWAYS.has(named.name)) {
    throw notImplemented(
      `${named.name} is answered by the gateways. It reached the control plane: send it to the platform's port.`,
    )
  }
  throw notImplemented(`The operation ${service.id}:${named.name} is not built yet.`)
}

function unknownOperation(
  service: ServiceDefinition,
  { request, name }: { request: WireRequest; name: string | undefined },
): AwsError {
  switch (service.dialect) {
    case 's3':
      return new AwsError(
        'MethodNotAllowed',
        'The specified method is not allowed against this resource.',
        { members: { Method: request.method, ResourceType: 'SERVICE' } },
      )
    case 'query':
      return name === undefined
        ? new AwsError('MissingAction', 'The request is missing an action or a required parameter.')
        : new AwsError(
            'InvalidAction',
            `Could not find operation ${name} for version ${service.apiVersion}`,
          )
    default:
      return new AwsError('UnknownOperationException', '')
  }
}
