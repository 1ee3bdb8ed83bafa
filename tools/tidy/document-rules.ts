import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, type TrackedFile } from './tracked-files.ts'

/** Links of Markdown files that lead nowhere, and named files that are not there. */
export function linkFaults(files: readonly TrackedFile[]): string[] {
  return files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(ROOT, path, '..', target)))
        .map((target) => `${path} links to ${target}, which is not there: mend or remove the link`),
    )
}

/** Source files that a document names in backquotes and that are not there. */
export function namedFileFaults(files: readonly TrackedFile[]): string[] {
  const known = new Set(files.map(({ path }) => path))
  return files
    .filter(({ path }) => /^(README|ARCHITECTURE|STYLE|CONTRIBUTING)\.md$/.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/`((?:server|cli|tools|runtimes|bench|tests|examples)\/[\w./-]+\.\w+)`/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !known.has(target))
        .map((target) => `${path} names ${target}, which is not there: follow the move`),
    )
}

/** npm scripts that a document tells people to run and that do not exist, and the other way round. */
export function scriptFaults(readme: string, scripts: readonly string[]): string[] {
  const named = new Set(
    [...readme.matchAll(/^npm (?:run )?([a-z:]+)|`npm (?:run )?([a-z:]+)/gm)].map(
      (match) => match[1] ?? match[2] ?? '',
    ),
  )
  const known = new Set([...scripts, 'ci', 'install'])
  return [
    ...[...named].filter((name) => !known.has(name)).map((name) => `README.md: no script ${name}`),
    ...scripts
      .filter((name) => !named.has(name))
      .map((name) => `README.md does not say what npm run ${name} does`),
  ]
}

/** Commands of the command-line program that the README's table leaves out, or that do not exist. */
export function commandFaults(readme: string, commands: readonly string[]): string[] {
  const section = /## Commands\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? ''
  const named = [...section.matchAll(/^\| `([a-z]+)` \|/gm)].map((match) => match[1] ?? '')
  return [
    ...commands
      .filter((name) => !named.includes(name))
      .map((name) => `README.md: say what ${name} does`),
    ...named
      .filter((name) => !commands.includes(name))
      .map((name) => `README.md: no command ${name}`),
  ]
}
