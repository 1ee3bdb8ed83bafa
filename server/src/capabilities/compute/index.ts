/**
 * Instance types: what a user asks for when naming `ml.m5.xlarge`. Jobs and replicas are given the vCPUs
 * and memory that AWS publishes for the type; no accelerator is ever here.
 */

export { acceleratorRefusal, type InstanceUsage } from './accelerator-refusal.ts'
export { type InstanceType, instanceType } from './instance-type.ts'
