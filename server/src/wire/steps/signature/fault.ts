/** Why a signature is not accepted, in no service's own words; see `refusal.ts` for those. */
export type SignatureFaultReason =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unsupported'; readonly authorization: string }
  | { readonly kind: 'incomplete'; readonly because: string }
  /** A presigned request whose `X-Amz-Expires` is not one. */
  | { readonly kind: 'expiry'; readonly because: string }
  | { readonly kind: 'unknown key'; readonly accessKeyId: string }
  | { readonly kind: 'invalid token'; readonly token: string | undefined }
  | { readonly kind: 'expired token'; readonly token: string | undefined }
  | { readonly kind: 'scope'; readonly because: string }
  | { readonly kind: 'unsigned headers'; readonly names: readonly string[] }
  | {
      readonly kind: 'mismatch'
      readonly accessKeyId: string
      readonly signature: string
      readonly stringToSign: string
      /** Version 4 only. */
      readonly canonicalRequest: string | undefined
    }
  | {
      readonly kind: 'skewed'
      /** `YYYYMMDDTHHMMSSZ`, as signed. */
      readonly timestamp: string
      readonly now: Date
    }
  | {
      readonly kind: 'presigned expired'
      /** Version 4 only. */
      readonly expiresSeconds: number | undefined
      readonly expiredAt: Date
      readonly now: Date
    }

/** Thrown while a signature is read or verified. */
export class SignatureFault extends Error {
  override readonly name = 'SignatureFault'
  readonly reason: SignatureFaultReason

  constructor(reason: SignatureFaultReason) {
    super(reason.kind)
    this.reason = reason
  }
}
