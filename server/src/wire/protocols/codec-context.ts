import { XmlCodec } from '@aws-sdk/core/protocols'
import {
  FromStringShapeDeserializer,
  JsonCodec,
  ToStringShapeSerializer,
} from '@smithy/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import { fromBase64, fromUtf8, toBase64, toUtf8 } from '@smithy/core/serde'

const BYTES = {
  base64Encoder: toBase64,
  base64Decoder: fromBase64,
  utf8Encoder: toUtf8,
  utf8Decoder: fromUtf8,
}

/** Smithy's numbers for the forms of a timestamp. */
const ISO_8601 = 5
const EPOCH_SECONDS = 7

type Settings = ConstructorParameters<typeof JsonCodec>[0]
type Context = Parameters<JsonCodec['setSerdeContext']>[0]

/** Gives a codec what it would read from an SDK client. */
export function inContext<Codec extends { setSerdeContext(context: Context): void }>(
  codec: Codec,
): Codec {
  // codecs read no more of an SDK client's configuration than these four functions
  codec.setSerdeContext(BYTES as unknown as Context)
  return codec
}

const JSON_SETTINGS: Settings = {
  timestampFormat: { useTrait: true, default: EPOCH_SECONDS },
  jsonName: false,
}

/** JSON with epoch seconds, milliseconds as their fraction. */
export const jsonCodec = inContext(new JsonCodec(JSON_SETTINGS))

/** JSON bodies of REST services, where the model may rename members. */
export const restJsonCodec = inContext(new JsonCodec({ ...JSON_SETTINGS, jsonName: true }))

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

/** Types of JSON documents, from the codec's own declaration. */
type JsonDocument = Parameters<ReturnType<JsonCodec['createDeserializer']>['readObject']>[1]

/** Parsed JSON as the members that `schema` declares; all others are left out. */
export function readJsonShape(
  codec: JsonCodec,
  { schema, value }: { schema: NormalizedSchema; value: unknown },
) {
  return codec.createDeserializer().readObject(schema, value as JsonDocument) as Record<
    string,
    unknown
  >
}
