/** What one instance of an ml.* type has, as AWS publishes it for the EC2 type of the same name. */
export interface InstanceType {
  readonly vCpus: number
  readonly memoryBytes: number
  /** GPUs, or other accelerators (Inferentia, Trainium, Gaudi): code written for one needs it. */
  readonly gpus: number
}

const GIB = 2 ** 30

/** `large` has 2 vCPUs and `Nxlarge` 4·N in every family but where a size is listed on its own. */
const VCPUS_XLARGE = 4

/** Memory in GiB per vCPU, by family. */
const GIB_PER_VCPU: Readonly<Record<string, number>> = {
  ...same(1.875, ['c4']),
  ...same(2, ['c5', 'c5d', 'c6g', 'c6gd', 'c6gn', 'c6i', 'c6in', 'c7g', 'c7i', 'c7i-flex']),
  ...same(2, ['c8g', 'c8i', 'c8i-flex']),
  ...same(2.625, ['c5n']),
  ...same(4, ['m4', 'm5', 'm5d', 'm6g', 'm6gd', 'm6i', 'm7i', 'm7i-flex', 'm8g', 'm8i']),
  ...same(4, ['m8i-flex', 't2', 't3', 'g4dn', 'g5', 'g6', 'g7']),
  ...same(8, ['r5', 'r5d', 'r6g', 'r6gd', 'r6i', 'r7gd', 'r7i', 'r8g', 'r8i', 'r8i-flex']),
  ...same(8, ['g6e', 'g7e']),
}

/** Accelerators by family and size; a family that is listed has only these sizes. */
const GPUS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  g4dn: sizes('xlarge:1 2xlarge:1 4xlarge:1 8xlarge:1 16xlarge:1 12xlarge:4'),
  g5: sizes('xlarge:1 2xlarge:1 4xlarge:1 8xlarge:1 16xlarge:1 12xlarge:4 24xlarge:4 48xlarge:8'),
  g6: sizes('xlarge:1 2xlarge:1 4xlarge:1 8xlarge:1 16xlarge:1 12xlarge:4 24xlarge:4 48xlarge:8'),
  g6e: sizes('xlarge:1 2xlarge:1 4xlarge:1 8xlarge:1 16xlarge:1 12xlarge:4 24xlarge:4 48xlarge:8'),
  g7: sizes('2xlarge:1 4xlarge:1 8xlarge:2 12xlarge:4 24xlarge:4 48xlarge:8'),
  g7e: sizes('2xlarge:1 4xlarge:1 8xlarge:1 12xlarge:2 24xlarge:4 48xlarge:8'),
}

/** Sizes that do not follow their family: vCPUs, memory in GiB, accelerators. */
const SINGULAR: Readonly<Record<string, readonly [number, number, number]>> = {
  't2.medium': [2, 4, 0],
  't3.medium': [2, 4, 0],
  'c4.8xlarge': [36, 60, 0],
  'c5n.9xlarge': [36, 96, 0],
  'c5n.18xlarge': [72, 192, 0],
  'g7e.12xlarge': [48, 512, 2],
  'g7e.24xlarge': [96, 1024, 4],
  'g7e.48xlarge': [192, 2048, 8],
  'p2.xlarge': [4, 61, 1],
  'p2.8xlarge': [32, 488, 8],
  'p2.16xlarge': [64, 732, 16],
  'p3.2xlarge': [8, 61, 1],
  'p3.8xlarge': [32, 244, 4],
  'p3.16xlarge': [64, 488, 8],
  'p3dn.24xlarge': [96, 768, 8],
  'p4d.24xlarge': [96, 1152, 8],
  'p4de.24xlarge': [96, 1152, 8],
  'p5.4xlarge': [16, 256, 1],
  'p5.48xlarge': [192, 2048, 8],
  'p5e.48xlarge': [192, 2048, 8],
  'p5en.48xlarge': [192, 2048, 8],
  'p6-b200.48xlarge': [192, 2048, 8],
  'p6-b300.48xlarge': [192, 4096, 8],
  'p6e-gb200.36xlarge': [144, 960, 4],
  'inf1.xlarge': [4, 8, 1],
  'inf1.2xlarge': [8, 16, 1],
  'inf1.6xlarge': [24, 48, 4],
  'inf1.24xlarge': [96, 192, 16],
  'inf2.xlarge': [4, 16, 1],
  'inf2.8xlarge': [32, 128, 1],
  'inf2.24xlarge': [96, 384, 6],
  'inf2.48xlarge': [192, 768, 12],
  'trn1.2xlarge': [8, 32, 1],
  'trn1.32xlarge': [128, 512, 16],
  'trn1n.32xlarge': [128, 512, 16],
  'trn2.48xlarge': [192, 2048, 16],
  'dl1.24xlarge': [96, 768, 8],
}

/**
 * What `name` (`ml.m5.xlarge`) has; the same for training, processing, transform and hosting. Which
 * names an operation accepts is its published enumeration's business, not this table's.
 *
 * @returns undefined when `name` is not an instance type
 * @source the specifications in "Amazon EC2 Instance Types", by family
 */
export function instanceType(name: string): InstanceType | undefined {
  const match = /^ml\.([a-z0-9-]+)\.([a-z0-9]+)$/.exec(name)
  if (!match) return undefined
  const [, family = '', size = ''] = match
  const singular = SINGULAR[`${family}.${size}`]
  if (singular) {
    const [vCpus, memoryGib, gpus] = singular
    return { vCpus, memoryBytes: memoryGib * GIB, gpus }
  }
  const gibPerVcpu = GIB_PER_VCPU[family]
  const vCpus = vCpusOf(size)
  const gpus = GPUS[family] === undefined ? 0 : GPUS[family][size]
  if (gibPerVcpu === undefined || vCpus === undefined || gpus === undefined) return undefined
  return { vCpus, memoryBytes: vCpus * gibPerVcpu * GIB, gpus }
}

function vCpusOf(size: string): number | undefined {
  if (size === 'medium') return 1
  if (size === 'large') return 2
  if (size === 'xlarge') return VCPUS_XLARGE
  const multiple = /^([1-9]\d?)xlarge$/.exec(size)?.[1]
  return multiple === undefined ? undefined : Number(multiple) * VCPUS_XLARGE
}

function same(gibPerVcpu: number, families: readonly string[]): Record<string, number> {
  return Object.fromEntries(families.map((family) => [family, gibPerVcpu]))
}

function sizes(list: string): Record<string, number> {
  return Object.fromEntries(
    list.split(' ').map((entry) => {
      const [size = '', gpus] = entry.split(':')
      return [size, Number(gpus)]
    }),
  )
}
