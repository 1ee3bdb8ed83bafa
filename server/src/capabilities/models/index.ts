/**
 * Models: a container image, where its artifacts are, and the role that it runs as. A model runs nowhere
 * by itself; endpoints (`hosting`) and jobs that predict use it.
 */

export { modelOperations, requireModel } from './model.operations.ts'
export { type Model, type ModelRequest, modelExists } from './model.store.ts'
export { containersOf } from './model.validation.ts'
export { type ModelData, modelDataOf } from './model-data.ts'
