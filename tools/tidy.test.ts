import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { commandFaults, linkFaults, namedFileFaults, scriptFaults } from './tidy/document-rules.ts'
import { fileFaults } from './tidy/file-rules.ts'
import { CAPABILITY_ARROWS, importCycles, importFaults } from './tidy/import-rule.ts'
import { ROOT, trackedFiles } from './tidy/tracked-files.ts'

const files = trackedFiles()

function json<T>(path: string): T {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T
}

function none(faults: readonly string[]): void {
  assert.equal(faults.length, 0, `\n${faults.join('\n')}`)
}

test('a file imports only from rooms below its own, and a capability only along the arrows', () => {
  none(importFaults(files))
})

test('no files import each other in a circle', () => {
  none(importCycles(files))
})

test('files have a size that one reads in a sitting, a name that says what is in them, and no banned call', () => {
  none(fileFaults(files, json('tools/size-exceptions.json')))
})

test('every dependency has a reason, and every reason a dependency', () => {
  const manifest = json<Record<string, Record<string, string>>>('package.json')
  const reasons = json<{ used: Record<string, unknown> }>('tools/dependencies.json').used
  const declared = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}),
  )
  none([
    ...declared
      .filter(([name]) => !(name in reasons))
      .map(([name]) => `tools/dependencies.json: say why ${name} is needed`),
    ...Object.keys(reasons)
      .filter((name) => !declared.some(([other]) => other === name))
      .map((name) => `tools/dependencies.json: ${name} is not in package.json any more`),
    ...declared
      .filter(([, version]) => !/^\d/.test(version))
      .map(([name, version]) => `package.json: pin ${name} exactly, not ${version}`),
  ])
})

test('generated files say what made them', () => {
  none(
    files
      .filter(({ path }) => /\/generated\/.*\.json$/.test(path))
      .filter(
        ({ text }) =>
          !/"source": "[^"]+; made by tools\/generate-aws\.ts"/.test(text.slice(0, 400)),
      )
      .map(
        ({ path }) => `${path} has no header: make it with tools/generate-aws.ts, never by hand`,
      ),
  )
})

test('generated files are as they were when they were made', () => {
  const edited = execFileSync('git', ['log', '--format=%h %s', '--', 'server/src/aws/generated'], {
    cwd: ROOT,
  })
  none(
    edited
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !/^\w+ (aws|wire):/.test(line))
      .map(
        (line) => `commit ${line} touched generated files: regenerate them in a commit of area aws`,
      ),
  )
})

test('links in documents lead somewhere, and the files they name are there', () => {
  none([...linkFaults(files), ...namedFileFaults(files)])
})

test('the README says what each npm script does', () => {
  const scripts = Object.keys(json<{ scripts: object }>('package.json').scripts)
  none(scriptFaults(readFileSync(join(ROOT, 'README.md'), 'utf8'), scripts))
})

test('the README lists the commands of ./sagebrush', () => {
  const source = readFileSync(join(ROOT, 'cli/main.ts'), 'utf8')
  const commands = [...source.matchAll(/^ {2}(\w+): async \(\) => \(await import/gm)].map(
    (match) => match[1] ?? '',
  )
  none(commandFaults(readFileSync(join(ROOT, 'README.md'), 'utf8'), commands))
})

test('ARCHITECTURE.md draws the arrows between capabilities that the check allows', () => {
  const drawn = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
  none(
    Object.entries(CAPABILITY_ARROWS).flatMap(([from, targets]) =>
      targets
        .filter((to) => !new RegExp(`^\\s*${from} .*\\b${to}\\b`, 'm').test(drawn))
        .map((to) => `ARCHITECTURE.md: draw ${from} ─► ${to}`),
    ),
  )
})
