import assert from 'node:assert/strict'
import test from 'node:test'
import { createLoadedModels, type ModelShelf, NoRoomForModel } from './loaded-models.ts'

/** A container with room for `room` models, and what was done with it. */
function shelfFor(room: number, sizes: Readonly<Record<string, number>> = {}) {
  const done: string[] = []
  const loaded = new Set<string>()
  const shelf: ModelShelf = {
    fetch: async (model) => {
      done.push(`fetch ${model}`)
      return sizes[model] ?? 1
    },
    load: async (model) => {
      if (loaded.size >= room) return 'NoRoom'
      loaded.add(model)
      done.push(`load ${model}`)
      return 'Loaded'
    },
    unload: async (model) => {
      loaded.delete(model)
      done.push(`unload ${model}`)
    },
    discard: async (model) => void done.push(`discard ${model}`),
    isFull: () => false,
  }
  return { shelf, done }
}

const nothing = async (): Promise<void> => undefined

test('a model that many ask for at once is fetched and loaded once', async () => {
  const { shelf, done } = shelfFor(5)
  const models = createLoadedModels(shelf, { diskBytesMax: 100 })
  const hits = await Promise.all(
    Array.from({ length: 10 }, () => models.use('a', async ({ isHit }) => isHit)),
  )
  assert.deepEqual(done, ['fetch a', 'load a'])
  assert.equal(hits.filter(Boolean).length, 0)
  assert.equal(await models.use('a', async ({ isHit }) => isHit), true)
})

test('for want of memory the model used least recently is unloaded, and loaded again from disk', async () => {
  const { shelf, done } = shelfFor(2)
  const models = createLoadedModels(shelf, { diskBytesMax: 100 })
  for (const model of ['a', 'b', 'a', 'c', 'b']) await models.use(model, nothing)
  assert.deepEqual(done, [
    ...['fetch a', 'load a', 'fetch b', 'load b'],
    ...['fetch c', 'unload b', 'load c'],
    ...['unload a', 'load b'],
  ])
  assert.equal(models.loadedCount, 2)
})

test('a model that is in use stays; where all are, there is no room', async () => {
  const { shelf, done } = shelfFor(1)
  const models = createLoadedModels(shelf, { diskBytesMax: 100 })
  await models.use('a', async () => {
    await assert.rejects(models.use('b', nothing), NoRoomForModel)
  })
  assert.ok(!done.includes('unload a'))
})

test('for want of disk the files used least recently go', async () => {
  const { shelf, done } = shelfFor(9, { a: 60, b: 30, c: 40 })
  const models = createLoadedModels(shelf, { diskBytesMax: 100 })
  for (const model of ['a', 'b', 'c']) await models.use(model, nothing)
  assert.deepEqual(done.slice(-4), ['fetch c', 'unload a', 'discard a', 'load c'])
  await models.use('a', nothing)
  assert.deepEqual(done.slice(-4), ['fetch a', 'unload b', 'discard b', 'load a'])
})

test('a model that cannot be fetched is asked for again by the next request', async () => {
  const { shelf } = shelfFor(1)
  let attempts = 0
  const flaky: ModelShelf = {
    ...shelf,
    fetch: async () => {
      if (++attempts === 1) throw new Error('away')
      return 1
    },
  }
  const models = createLoadedModels(flaky, { diskBytesMax: 100 })
  await assert.rejects(models.use('a', nothing), /away/)
  await models.use('a', nothing)
  assert.equal(attempts, 2)
})

test('a model that the container has lost is loaded again', async () => {
  const { shelf, done } = shelfFor(5)
  const models = createLoadedModels(shelf, { diskBytesMax: 100 })
  await models.use('a', nothing)
  models.lost('a')
  await models.use('a', nothing)
  assert.deepEqual(done, ['fetch a', 'load a', 'load a'])
})
