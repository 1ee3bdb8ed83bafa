import type {
  CreateInferenceComponentCommandInput,
  DescribeInferenceComponentCommandOutput,
  InferenceComponentSpecification,
  ProductionVariant,
} from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import type { TestServerOptions } from '../../../../tests/support/server.ts'
import { type Host, startHost } from './hosting-fixture.ts'

/** A host with what inference components need besides. */
export interface ComponentHost extends Host {
  /** A configuration whose instances have no model. @returns its name */
  createHostConfig(more?: Partial<ProductionVariant>): Promise<string>
  /** An endpoint in service that hosts components. @returns its name */
  givenHost(more?: Partial<ProductionVariant>): Promise<string>
  /** Half of an ml.m5.large, unless `needs` says otherwise. */
  specification(
    modelName: string,
    needs?: InferenceComponentSpecification['ComputeResourceRequirements'],
  ): InferenceComponentSpecification
  /** Begins a component. @returns its name */
  createComponent(
    endpointName: string,
    specification: InferenceComponentSpecification,
    more?: Partial<CreateInferenceComponentCommandInput>,
  ): Promise<string>
  /** A component in service. @returns its name */
  givenComponent: ComponentHost['createComponent']
  describeComponent(name: string): Promise<DescribeInferenceComponentCommandOutput>
  /** When its status is one that rests. */
  settledComponent(name: string): Promise<DescribeInferenceComponentCommandOutput>
  componentGone(name: string): Promise<void>
  invokeComponent(endpointName: string, name: string, body?: string): Promise<string>
}

export async function startComponentHost(options: TestServerOptions = {}): Promise<ComponentHost> {
  const host = await startHost(options)
  const { sagemaker, runtime, roleArn } = host.server
  const createHostConfig: ComponentHost['createHostConfig'] = async (more = {}) => {
    const EndpointConfigName = host.newName()
    await sagemaker.createEndpointConfig({
      EndpointConfigName,
      ExecutionRoleArn: roleArn,
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          InstanceType: 'ml.m5.large',
          InitialInstanceCount: 1,
          ...more,
        },
      ],
    })
    return EndpointConfigName
  }
  const createComponent: ComponentHost['createComponent'] = async (
    EndpointName,
    Specification,
    more = {},
  ) => {
    const InferenceComponentName = host.newName()
    await sagemaker.createInferenceComponent({
      InferenceComponentName,
      EndpointName,
      VariantName: 'AllTraffic',
      Specification,
      RuntimeConfig: { CopyCount: 1 },
      ...more,
    })
    return InferenceComponentName
  }
  const describeComponent: ComponentHost['describeComponent'] = (name) =>
    sagemaker.describeInferenceComponent({ InferenceComponentName: name })
  const settledComponent: ComponentHost['settledComponent'] = (name) =>
    eventually(
      async () => {
        const component = await describeComponent(name)
        const { InferenceComponentStatus: status = '' } = component
        return !['Creating', 'Updating', 'Deleting'].includes(status) && component
      },
      { timeoutMs: 60_000, what: `inference component ${name} to rest` },
    )
  return {
    ...host,
    createHostConfig,
    givenHost: async (more) => {
      const EndpointName = host.newName()
      const EndpointConfigName = await createHostConfig(more)
      await sagemaker.createEndpoint({ EndpointName, EndpointConfigName })
      const { EndpointStatus, FailureReason } = await host.settled(EndpointName)
      if (EndpointStatus !== 'InService') throw new Error(`${EndpointStatus}: ${FailureReason}`)
      return EndpointName
    },
    specification: (ModelName, needs) => ({
      ModelName,
      ComputeResourceRequirements: needs ?? {
        NumberOfCpuCoresRequired: 1,
        MinMemoryRequiredInMb: 1024,
      },
    }),
    createComponent,
    givenComponent: async (endpointName, specification, more) => {
      const name = await createComponent(endpointName, specification, more)
      const { InferenceComponentStatus: status, FailureReason } = await settledComponent(name)
      if (status !== 'InService') throw new Error(`${status}: ${FailureReason}`)
      return name
    },
    describeComponent,
    settledComponent,
    componentGone: async (name) => {
      await eventually(
        async () =>
          describeComponent(name).then(
            () => false,
            (error: Error) => error.message.startsWith('Could not find inference component'),
          ),
        { what: `the end of inference component ${name}` },
      )
    },
    invokeComponent: async (EndpointName, InferenceComponentName, Body = 'x') => {
      const answer = await runtime.invokeEndpoint({ EndpointName, InferenceComponentName, Body })
      return Buffer.from(answer.Body ?? []).toString()
    },
  }
}
