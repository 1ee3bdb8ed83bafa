/** An Amazon Resource Name, `arn:aws:<service>:<region>:<account>:<resource>`. */
export type Arn = string & { readonly arn: unique symbol }

export interface ArnParts {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  /** All after the fifth colon, e.g. `training-job/my-job`. */
  readonly resource: string
}

/** The partition that a region belongs to. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  if (region.startsWith('us-gov-')) return 'aws-us-gov'
  return 'aws'
}

export function formatArn(parts: Omit<ArnParts, 'partition'> & { partition?: string }): Arn {
  const partition = parts.partition ?? partitionOf(parts.region)
  return `arn:${partition}:${parts.service}:${parts.region}:${parts.account}:${parts.resource}` as Arn
}

/** @returns undefined when `text` is not an ARN */
export function parseArn(text: string): ArnParts | undefined {
  const match = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s.exec(text)
  if (!match) return undefined
  const [, partition = '', service = '', region = '', account = '', resource = ''] = match
  return { partition, service, region, account, resource }
}

/** SageMaker writes resource names in lower case in its ARNs: `…:training-job/my-job`. */
export function sagemakerArn(
  scope: { region: string; account: string },
  kind: string,
  name: string,
): Arn {
  const { region, account } = scope
  return formatArn({
    service: 'sagemaker',
    region,
    account,
    resource: `${kind}/${name.toLowerCase()}`,
  })
}
