import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../../../tests/support/eventually.ts'
import { childrenOf } from '../platform/engines/process/process-identity.ts'
import { probeSandbox } from '../platform/engines/process/sandbox/probe.ts'
import { taskDirectory } from '../platform/engines/process/task-directory.ts'
import { launchContainer } from './container.ts'

const { mechanism } = await probeSandbox()

test('a program that is over before its launch has been seen to has ended all the same', {
  skip: mechanism === undefined && 'no sandbox works here',
}, async (t) => {
  assert.ok(mechanism)
  const root = mkdtempSync(join(tmpdir(), 'sagebrush-container-'))
  t.after(() => rmSync(root, { recursive: true, force: true, maxRetries: 10 }))
  const directory = taskDirectory(root)
  mkdirSync(directory.mountPoint)
  const isOver = async () => childrenOf(process.pid).length === 0

  const container = await launchContainer(
    {
      plan: {
        grounds: [{ kind: 'memory', target: '/dev/shm', sizeBytes: 2 ** 20 }],
        binds: [],
        hostname: 'algo-1',
        network: 'host',
        limits: { fileBytesMax: 2 ** 20 },
      },
      mechanism,
      command: ['true'],
      environment: {},
      workingDirectory: '/',
      controlGroup: undefined,
    },
    {
      directory,
      isHeld: false,
      output: {
        openWriter: async () => ({
          fd: openSync(directory.log, 'a'),
          close: async () => void (await eventually(isOver, { what: 'the end of the program' })),
        }),
        drained: async () => undefined,
        discard: () => undefined,
      },
    },
  )

  assert.deepEqual(await container.exit, { exitCode: 0, started: true })
})
