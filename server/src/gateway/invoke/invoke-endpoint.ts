import type { Exchange } from '../http1/exchange.ts'
import { Invocation } from './invocation.ts'
import type { InvocationServices } from './invocation-services.ts'
import { StreamedAnswer } from './streamed-answer.ts'
import { wantedOf } from './wanted.ts'
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
      invocation.wanted.streaming ? new StreamedAnswer(invocation) : new WholeAnswer(invocation),
  }
  return (exchange) => {
    const wanted = wantedOf(exchange)
    if (!wanted) return false
    new Invocation(answering, { exchange, wanted }).start()
    return true
  }
}
