import { basename } from 'node:path'
import type { TrackedFile } from './tracked-files.ts'

const LINES_MAX = 500
const COLUMNS_MAX = 120
const BANNED_NAME = /^(utils?|helpers?|common|misc|manager|types)\.(ts|tsx|py)$/

interface BannedCall {
  readonly form: RegExp
  readonly where: RegExp
  readonly except: RegExp
  readonly instead: string
}

const SOURCE = /^(server|cli|console)\/.*\.ts$/
const BASE = /^server\/src\/base\//

const BANNED_CALLS: readonly BannedCall[] = [
  { form: /\bDate\.now\(\)|\bnew Date\(\)/, where: SOURCE, except: BASE, instead: 'read a Clock' },
  { form: /\bMath\.random\(\)/, where: SOURCE, except: BASE, instead: 'use base/ids.ts' },
  {
    form: /\bperformance\.now\(\)|\bhrtime\b/,
    where: SOURCE,
    except: BASE,
    instead: 'use monotonicMs of base/clock.ts',
  },
  {
    form: /\bconsole\.(log|error|warn|info)\(/,
    where: /^server\/.*\.ts$/,
    except: /\.test\.ts$/,
    instead: 'write to a Log',
  },
  {
    form: /\b(test|it|describe)\.(only|skip)\(/,
    where: /\.test\.ts$/,
    except: /^$/,
    instead: 'run it, or delete it',
  },
  {
    form: /\bDBOS\.sleep/,
    where: SOURCE,
    except: /^$/,
    instead: 'wait on a condition with a deadline of the Clock',
  },
  {
    form: /^import (?!type ).* from 'node:http'$/,
    where: SOURCE,
    except: /\.test\.ts$|\/conformance\//,
    instead: 'take it from base/http.ts, which starts quicker; types may come from here',
  },
  {
    form: /(?:\/\/|#) ?(?:FIXME|XXX|TODO)\b/,
    where: /\.(ts|py|sh)$/,
    except: /^tools\/tidy\//,
    instead: 'do it now, or write it down where it is tracked',
  },
]

/** Everything in `files` that is too long, badly named or calls what it must not. */
export function fileFaults(
  files: readonly TrackedFile[],
  sizeExceptions: Readonly<Record<string, { lines: number; reason: string }>>,
): string[] {
  return files
    .filter(({ path }) => /\.(ts|tsx|py|sh)$/.test(path) && !path.includes('/generated/'))
    .flatMap((file) => [
      ...sizeFaults(file, sizeExceptions[file.path]?.lines ?? LINES_MAX),
      ...nameFaults(file),
      ...callFaults(file),
    ])
}

function sizeFaults({ path, lines }: TrackedFile, linesMax: number): string[] {
  const faults = []
  if (lines.length > linesMax) {
    faults.push(
      `${path} has ${lines.length} lines, ${linesMax} are allowed: which noun hides in it?`,
    )
  }
  lines.forEach((line, index) => {
    // texts of AWS are quoted whole, so that a search finds them
    if (line.length <= COLUMNS_MAX || /https?:\/\/|'[^']{60,}'|"[^"]{60,}"|`|\/.{60,}\//.test(line))
      return
    faults.push(`${path}:${index + 1} is ${line.length} columns wide: break it`)
  })
  return faults
}

function nameFaults({ path }: TrackedFile): string[] {
  return BANNED_NAME.test(basename(path)) ? [`${path}: name the file after what is in it`] : []
}

function callFaults({ path, lines }: TrackedFile): string[] {
  return BANNED_CALLS.filter((rule) => rule.where.test(path) && !rule.except.test(path)).flatMap(
    (rule) =>
      lines.flatMap((line, index) =>
        rule.form.test(line) && !/^\s*(\*|\/\/)/.test(line)
          ? [`${path}:${index + 1} has ${line.trim().slice(0, 60)}: ${rule.instead}`]
          : [],
      ),
  )
}
