import { XmlCodec } from '@aws-sdk/core/protocols'
import { FromStringShapeDeserializer, ToStringShapeSerializer } from '@smithy/core/protocols'
import { fromBase64, fromUtf8, toBase64, toUtf8 } from '@smithy/core/serde'

const BYTES = {
  base64Encoder: toBase64,
  base64Decoder: fromBase64,
  utf8Encoder: toUtf8,
  utf8Decoder: fromUtf8,
}

/** Smithy's numbers for the forms of a timestamp. */
const ISO_8601 = 5

type Settings = ConstructorParameters<typeof ToStringShapeSerializer>[0]
type Context = Parameters<ToStringShapeSerializer['setSerdeContext']>[0]

/** Gives a codec what it would read from an SDK client. */
export function inContext<Codec extends { setSerdeContext(context: Context): void }>(
  codec: Codec,
): Codec {
  // codecs read no more of an SDK client's configuration than these four functions
  codec.setSerdeContext(BYTES as unknown as Context)
  return codec
}

/** XML with ISO 8601 timestamps; `xmlNamespace` stands on the root element, none when empty. */
export function createXmlCodec(xmlNamespace: string): XmlCodec {
  return inContext(
    new XmlCodec({
      timestampFormat: { useTrait: true, default: ISO_8601 },
      xmlNamespace,
      serviceNamespace: '',
    }),
  )
}

const BINDING_SETTINGS = {
  timestampFormat: { useTrait: true, default: ISO_8601 },
  httpBindings: true,
} as const

/** Values in headers, labels and queries: HTTP dates in headers, ISO 8601 elsewhere. */
export const bindingWriter = inContext(
  new ToStringShapeSerializer(BINDING_SETTINGS as unknown as Settings),
)
export const bindingReader = inContext(
  new FromStringShapeDeserializer(BINDING_SETTINGS as unknown as Settings),
)
