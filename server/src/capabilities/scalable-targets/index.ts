/**
 * Scalable targets: what Application Auto Scaling may scale. They stand below both sides: `scaling` registers
 * and scales them, `hosting` asks whether a variant is one, and takes those of an endpoint with it.
 */

export {
  type Cooldown,
  countTargets,
  deleteTarget,
  findTarget,
  insertTarget,
  listTargets,
  listTargetsOfEndpoint,
  listTargetsOfEndpointArn,
  listTargetsOfResourceArn,
  lockTarget,
  readTarget,
  type ScalableTarget,
  type TargetChange,
  type TargetName,
  updateTarget,
} from './scalable-target.store.ts'
export {
  deregisterComponentTarget,
  deregisterTargetsOf,
  requireVariantsKept,
  type ScaledVariant,
  scalableTargetsOf,
} from './scalable-target.ts'
