import type { RawRequest } from './raw-request.ts'

export const JSON_HEADERS = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'SageMaker.ListModels',
}
export const FORM_HEADERS = { 'content-type': 'application/x-www-form-urlencoded' }

/** One harmless request to each kind of service. */
export const REQUESTS: Readonly<Record<string, Omit<RawRequest, 'port'>>> = {
  sagemaker: { headers: JSON_HEADERS, body: '{}', service: 'sagemaker' },
  sts: {
    headers: FORM_HEADERS,
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
    service: 'sts',
  },
  s3: { method: 'GET', path: '/bucket/key', service: 's3' },
  'sagemaker-runtime': { path: '/endpoints/e/invocations', body: '1', service: 'sagemaker' },
}

export const handlers = {
  operations: {
    sagemaker: { ListModels: async () => ({ Models: [] }) },
    sts: { GetCallerIdentity: async () => ({}) },
    s3: { GetObject: async () => ({}) },
  },
}

/** What is said in an error in XML, of S3 or the Query protocol. */
export function xmlError(body: string): { code: string | undefined; message: string | undefined } {
  return {
    code: /<Code>(.*?)<\/Code>/s.exec(body)?.[1],
    message: /<Message>(.*?)<\/Message>/s.exec(body)?.[1],
  }
}

/** What is said in an error in JSON. */
export function jsonError(body: string): { code: unknown; message: unknown } {
  const parsed = JSON.parse(body) as Record<string, unknown>
  return { code: parsed.__type, message: parsed.message ?? parsed.Message }
}
