import { type InvocationTarget, invocationTarget } from '../../capabilities/inference/index.ts'
import type { Exchange } from '../http1/exchange.ts'
import { Invocation } from './invocation.ts'
import type { InvocationServices } from './invocation-services.ts'
import { StreamedAnswer } from './streamed-answer.ts'
import { WholeAnswer } from './whole-answer.ts'

/**
 * Answers InvokeEndpoint and InvokeEndpointWithResponseStream, all other requests are somebody else's.
 *
 * @returns whether the request is one of these
 */
export function createInvokeEndpoint(
  services: Omit<InvocationServices, 'answerFor'>,
): (exchange: Exchange) => boolean {
  const answering: InvocationServices = {
    ...services,
    answerFor: (invocation) =>
      invocation.target.streaming ? new StreamedAnswer(invocation) : new WholeAnswer(invocation),
  }
  return (exchange) => {
    const target = targetOf(exchange)
    if (!target) return false
    new Invocation(answering, { exchange, target }).start()
    return true
  }
}

function targetOf({ head, target }: Exchange): InvocationTarget | undefined {
  if (head.method !== 'POST') return undefined
  const mark = target.indexOf('?')
  return invocationTarget(head.method, mark < 0 ? target : target.slice(0, mark))
}
