import * as applicationAutoScaling from '@aws-sdk/client-application-auto-scaling'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as iam from '@aws-sdk/client-iam'
import * as s3 from '@aws-sdk/client-s3'
import * as sagemaker from '@aws-sdk/client-sagemaker'
import * as sagemakerRuntime from '@aws-sdk/client-sagemaker-runtime'
import * as sts from '@aws-sdk/client-sts'
import { readModel, type ServiceModel } from './operation.ts'
import { awsJson } from './protocols/aws-json.ts'
import type { Protocol } from './protocols/protocol.ts'
import { query } from './protocols/query.ts'
import { restJson } from './protocols/rest-json.ts'
import { s3RestXml } from './protocols/rest-xml.ts'
import { RPC_V2_CBOR, rpcV2Cbor } from './protocols/rpc-v2-cbor.ts'
import type { SignatureDialect } from './steps/signature/refusal.ts'

/** One AWS service as the wire knows it: how requests to it look, not what they mean. */
export interface ServiceDefinition {
  readonly id: string
  /** The service's word in credential scopes; several services may share one. */
  readonly signingName: string
  /** The first labels of AWS's own hosts, e.g. `sts` of `sts.us-east-1.amazonaws.com`. */
  readonly hostLabels: readonly string[]
  /** What comes before the operation in `X-Amz-Target`. */
  readonly targetPrefix: string | undefined
  /** What is in `Smithy-Protocol`, for the protocols that say it. */
  readonly smithyProtocol?: string
  /** What Query requests say in `Version`. */
  readonly apiVersion: string | undefined
  readonly protocol: Protocol
  readonly dialect: SignatureDialect
  readonly model: ServiceModel
  /** The code of requests whose fields fail their constraints; undefined where they are not checked. */
  readonly validationCode: string | undefined
  /** S3 signs hashes in a header and streams bodies; others sign the hash of a whole body. */
  readonly streamsBodies: boolean
}

const METRIC_FORM_BYTES_MAX = 16 * 1024 * 1024

/** Every service that is told apart here, once for each protocol that it speaks. Those of later work stand beside these in the same form. */
export const SERVICES: readonly ServiceDefinition[] = [
  jsonService({
    id: 'sagemaker',
    sdkModule: sagemaker,
    targetPrefix: 'SageMaker',
    hostLabels: ['api', 'sagemaker'],
    validationCode: 'ValidationException',
  }),
  jsonService({
    id: 'logs',
    sdkModule: logs,
    targetPrefix: 'Logs_20140328',
    hostLabels: ['logs'],
    validationCode: 'InvalidParameterException',
  }),
  jsonService({
    id: 'application-autoscaling',
    sdkModule: applicationAutoScaling,
    targetPrefix: 'AnyScaleFrontendService',
    hostLabels: ['application-autoscaling'],
    validationCode: 'ValidationException',
  }),
  queryService({
    id: 'sts',
    sdkModule: sts,
    apiVersion: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  }),
  queryService({
    id: 'iam',
    sdkModule: iam,
    apiVersion: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  }),
  ...cloudWatchServices(),
  s3Service(),
  runtimeService(),
]

function jsonService(options: {
  id: string
  sdkModule: object
  targetPrefix: string
  hostLabels: readonly string[]
  validationCode: string
}): ServiceDefinition {
  const { id, sdkModule, targetPrefix, hostLabels, validationCode } = options
  return {
    id,
    signingName: id,
    hostLabels,
    targetPrefix,
    apiVersion: undefined,
    protocol: awsJson({ targetPrefix }),
    dialect: 'json',
    model: readModel(sdkModule),
    validationCode,
    streamsBodies: false,
  }
}

function queryService(options: {
  id: string
  sdkModule: object
  apiVersion: string
  xmlNamespace: string
}): ServiceDefinition {
  const { id, sdkModule, apiVersion, xmlNamespace } = options
  return {
    id,
    signingName: id,
    hostLabels: [id],
    targetPrefix: undefined,
    apiVersion,
    protocol: query({ xmlNamespace }),
    dialect: 'query',
    model: readModel(sdkModule),
    validationCode: 'ValidationError',
    streamsBodies: false,
  }
}

/**
 * CloudWatch: JSON is what boto3 and the SDK for JavaScript send, CBOR what other SDKs do, Query what all of
 * them did once. Clients are told the codes of Query in each.
 */
function cloudWatchServices(): readonly ServiceDefinition[] {
  const targetPrefix = 'GraniteServiceVersion20100801'
  const apiVersion = '2010-08-01'
  const common = {
    id: 'cloudwatch',
    signingName: 'monitoring',
    hostLabels: ['monitoring'],
    model: readModel(cloudwatch),
    validationCode: 'ValidationError',
    streamsBodies: false,
  }
  const xmlNamespace = 'http://monitoring.amazonaws.com/doc/2010-08-01/'
  return [
    {
      ...common,
      targetPrefix,
      apiVersion: undefined,
      protocol: awsJson({ targetPrefix }),
      dialect: 'json',
    },
    {
      ...common,
      targetPrefix: undefined,
      smithyProtocol: RPC_V2_CBOR,
      apiVersion: undefined,
      protocol: rpcV2Cbor({ serviceName: targetPrefix }),
      dialect: 'json',
    },
    {
      ...common,
      targetPrefix: undefined,
      apiVersion,
      // a thousand metrics of 150 values each, spelt out
      protocol: query({ xmlNamespace, bytesMax: METRIC_FORM_BYTES_MAX }),
      dialect: 'query',
    },
  ]
}

function s3Service(): ServiceDefinition {
  const model = readModel(s3)
  return {
    id: 's3',
    signingName: 's3',
    hostLabels: ['s3'],
    targetPrefix: undefined,
    apiVersion: undefined,
    protocol: s3RestXml({ model, xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/' }),
    dialect: 's3',
    model,
    validationCode: undefined,
    streamsBodies: true,
  }
}

/** Answered by the gateways; named here so that what reaches control is refused by name. */
function runtimeService(): ServiceDefinition {
  const model = readModel(sagemakerRuntime)
  return {
    id: 'sagemaker-runtime',
    signingName: 'sagemaker',
    hostLabels: ['runtime'],
    targetPrefix: undefined,
    apiVersion: undefined,
    protocol: restJson({ model }),
    dialect: 'rest-json',
    model,
    validationCode: 'ValidationError',
    streamsBodies: false,
  }
}
