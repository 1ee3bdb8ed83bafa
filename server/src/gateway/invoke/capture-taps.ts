import type { Clock } from '../../base/clock.ts'
import { Sampling } from '../../base/sampling.ts'
import {
  type CaptureSettings,
  type CaptureSpool,
  type CaptureTarget,
  captureLine,
  captureSettings,
} from '../../capabilities/capture/tap.ts'
import type { RoutedVariant } from '../../capabilities/inference/index.ts'
import { headerOf, type MessageHead } from '../http1/message-head.ts'

/** An invocation as it is captured. */
export interface CapturedInvocation {
  readonly variant: RoutedVariant
  readonly eventId: string
  readonly request: MessageHead
  readonly requestBody: Buffer
  readonly response: MessageHead
  readonly responseBody: Buffer
}

/** Writes down invocations of the variants whose endpoint configuration asks for it. */
export class CaptureTaps {
  private readonly taps = new WeakMap<RoutedVariant, Tap>()
  private readonly spool: CaptureSpool
  private readonly clock: Clock

  /** @param options.clock the platform's: records are dated by it */
  constructor(options: { readonly spool: CaptureSpool; readonly clock: Clock }) {
    this.spool = options.spool
    this.clock = options.clock
  }

  /** Whether the next request to `variant` is among those that are captured. */
  chooses(variant: RoutedVariant): boolean {
    return variant.fleet.capture !== undefined && this.tapOf(variant).sampling.next()
  }

  /** Takes down an invocation that was chosen. Never waits: what there is no room for is dropped. */
  capture(invocation: CapturedInvocation): void {
    const { variant, request, response } = invocation
    const { settings, target } = this.tapOf(variant)
    if (!settings) return
    const at = this.clock.now()
    const line = captureLine(settings, {
      input: { contentType: headerOf(request, 'content-type'), body: invocation.requestBody },
      output: { contentType: headerOf(response, 'content-type'), body: invocation.responseBody },
      event: {
        eventId: invocation.eventId,
        inferenceId: headerOf(request, 'x-amzn-sagemaker-inference-id'),
        customAttributes: headerOf(request, 'x-amzn-sagemaker-custom-attributes'),
        at,
      },
    })
    if (!this.spool.add(target, { line, atMs: at.getTime() })) this.dropped(variant)
  }

  /** An invocation that was chosen cannot be captured. */
  dropped(variant: RoutedVariant): void {
    variant.meter.tally('captureDropped', this.clock.now().getTime())
  }

  private tapOf(variant: RoutedVariant): Tap {
    let tap = this.taps.get(variant)
    if (!tap) {
      tap = tapFor(variant)
      this.taps.set(variant, tap)
    }
    return tap
  }
}

interface Tap {
  readonly settings: CaptureSettings | undefined
  readonly sampling: Sampling
  readonly target: CaptureTarget
}

function tapFor({ endpoint, fleet, variantName }: RoutedVariant): Tap {
  const { realm, account, region, endpointName } = endpoint
  const { DestinationS3Uri: destinationS3Uri = '', KmsKeyId: kmsKeyId } = fleet.capture ?? {}
  const settings = fleet.capture && captureSettings(fleet.capture)
  return {
    settings,
    sampling: new Sampling(settings?.share ?? 0),
    target: {
      ...{ realm, account, region, endpointName, variantName, destinationS3Uri },
      ...(kmsKeyId && { kmsKeyId }),
    },
  }
}
