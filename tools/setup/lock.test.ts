import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const LOCK = new URL('../../package-lock.json', import.meta.url)

// a registry that mirrors some platforms only writes a lock without the others, which `npm ci` then refuses
test('package-lock.json locks every package that a locked one may install, on every platform', () => {
  const { packages } = JSON.parse(readFileSync(LOCK, 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  const missing = Object.entries(packages).flatMap(([path, one]) =>
    Object.keys({ ...one.dependencies, ...one.optionalDependencies })
      .filter((name) => !isLocked(packages, path, name))
      .map((name) => `${name}, wanted by ${path || 'package.json'}`),
  )

  assert.deepEqual(missing, [], 'npm ci fails in a clean clone: lock these too')
})

/** Node's own rule: a folder's packages, then those of the folders around it. */
function isLocked(packages: object, path: string, name: string): boolean {
  const parts = path === '' ? [] : path.split('/node_modules/')
  return [...parts, ''].some((_, depth) => {
    const around = parts.slice(0, parts.length - depth).join('/node_modules/')
    return `${around === '' ? '' : `${around}/`}node_modules/${name}` in packages
  })
}
