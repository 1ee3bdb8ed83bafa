import type { Operation } from '../operation.ts'
import type { Shape } from '../protocols/protocol.ts'
import type { ServiceDefinition } from '../services.ts'

export function checkConstraints(
  _input: Shape,
  _options: { service: ServiceDefinition; operation: Operation },
): void {}
