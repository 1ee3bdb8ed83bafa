/**
 * The policies of AWS's own that can be attached here, by name with the path where there is one: those
 * that people who use SageMaker attach. Permissions are not evaluated, so no documents are kept.
 *
 * @source AWS Managed Policy Reference Guide
 */
const NAMES: readonly string[] = [
  'AdministratorAccess',
  'PowerUserAccess',
  'ReadOnlyAccess',
  'SecurityAudit',
  'job-function/ViewOnlyAccess',
  'IAMFullAccess',
  'IAMReadOnlyAccess',
  'AmazonSageMakerFullAccess',
  'AmazonSageMakerReadOnly',
  'AmazonSageMakerCanvasFullAccess',
  'AmazonSageMakerFeatureStoreAccess',
  'AmazonSageMakerGroundTruthExecution',
  'AmazonSageMakerMechanicalTurkAccess',
  'AmazonSageMakerModelGovernanceUseAccess',
  'AmazonSageMakerModelRegistryFullAccess',
  'AmazonSageMakerPipelinesIntegrations',
  'AmazonSageMakerAdmin-ServiceCatalogProductsServiceRolePolicy',
  'AmazonS3FullAccess',
  'AmazonS3ReadOnlyAccess',
  'CloudWatchFullAccess',
  'CloudWatchFullAccessV2',
  'CloudWatchReadOnlyAccess',
  'CloudWatchAgentServerPolicy',
  'CloudWatchEventsFullAccess',
  'CloudWatchLogsFullAccess',
  'CloudWatchLogsReadOnlyAccess',
  'AWSLambda_FullAccess',
  'AWSLambda_ReadOnlyAccess',
  'AWSLambdaExecute',
  'service-role/AWSLambdaBasicExecutionRole',
  'service-role/AWSLambdaRole',
  'service-role/AWSLambdaVPCAccessExecutionRole',
  'AWSStepFunctionsFullAccess',
  'AWSStepFunctionsReadOnlyAccess',
  'AmazonEC2ContainerRegistryFullAccess',
  'AmazonEC2ContainerRegistryPowerUser',
  'AmazonEC2ContainerRegistryReadOnly',
  'AmazonEventBridgeFullAccess',
  'AmazonEventBridgeSchedulerFullAccess',
  'AmazonSNSFullAccess',
  'AmazonSQSFullAccess',
  'AmazonDynamoDBFullAccess',
  'AmazonAthenaFullAccess',
  'AmazonKinesisFullAccess',
  'AmazonElasticFileSystemFullAccess',
  'AmazonVPCFullAccess',
  'AmazonAPIGatewayAdministrator',
  'AmazonAPIGatewayInvokeFullAccess',
  'AmazonEC2FullAccess',
  'AmazonElasticMapReduceFullAccess',
  'AmazonSSMFullAccess',
  'AmazonSSMReadOnlyAccess',
  'AutoScalingFullAccess',
  'AWSCloudFormationFullAccess',
  'AWSCloudTrail_FullAccess',
  'AWSCodeBuildAdminAccess',
  'AWSCodeBuildDeveloperAccess',
  'AWSCodeCommitFullAccess',
  'AWSCodeDeployFullAccess',
  'service-role/AWSCodeDeployRole',
  'service-role/AWSCodeDeployRoleForLambda',
  'AWSCodePipeline_FullAccess',
  'AWSGlueConsoleFullAccess',
  'service-role/AWSGlueServiceRole',
  'AWSKeyManagementServicePowerUser',
  'AWSServiceCatalogAdminFullAccess',
  'AWSServiceCatalogEndUserFullAccess',
  'AWSXRayDaemonWriteAccess',
  'AWSMarketplaceFullAccess',
  'AmazonBedrockFullAccess',
  'SecretsManagerReadWrite',
]

const PREFIX = 'arn:aws:iam::aws:policy/'
const ARNS: ReadonlySet<string> = new Set(NAMES.map((name) => PREFIX + name))

export function isManagedPolicy(policyArn: string): boolean {
  return ARNS.has(policyArn)
}

/** The last part of a policy's ARN. */
export function policyNameOf(policyArn: string): string {
  return policyArn.slice(policyArn.lastIndexOf('/') + 1)
}

/** What stands between `policy` and the name: `/`, `/service-role/`. */
export function policyPathOf(policyArn: string): string {
  return policyArn.slice(policyArn.indexOf('/'), policyArn.lastIndexOf('/') + 1)
}
