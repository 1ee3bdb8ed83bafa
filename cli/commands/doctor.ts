import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { release } from 'node:os'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../../server/src/base/clock.ts'
import type { Config } from '../../server/src/config.ts'
import { findUv, probeSandbox } from '../../server/src/platform/engines/process/index.ts'
import { portHolder } from '../../server/src/supervisor/port.ts'
import { findPython } from '../../tools/setup/uv.ts'
import { type Command, print, printJson } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  supervisorStatus,
} from '../installation-options.ts'

/** One finding: `ok`, `note` (works, could be better) or `problem` (will not work), and what to do. */
interface Finding {
  readonly check: string
  readonly outcome: 'ok' | 'note' | 'problem'
  readonly found: string
  readonly advice?: string
}

const DISK_BYTES_MIN = 5 * 2 ** 30
const MARKS = { ok: '✓', note: '·', problem: '✗' } as const

export const doctor: Command = {
  usage: '[--json] [--data-dir DIR]',
  summary: 'check this machine, and say what to do where something is missing',
  help: `Checks the operating system, Node, Python, uv, the sandbox (bubblewrap, user namespaces, limits),
the port, disk space and the clock. Ends with 1 when something will not work.

  --json           the findings as JSON
${DATA_DIR_HELP}

Example:
  ./sagebrush doctor`,
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { ...DATA_DIR_OPTION, json: { type: 'boolean' } },
    })
    const config = configFor(values)
    const findings = [
      operatingSystem(),
      node(),
      python(),
      uv(config),
      ...(await sandbox()),
      await port(config),
      await disk(config),
      await clock(),
    ]
    if (values.json) printJson(findings)
    else for (const finding of findings) show(finding)
    return findings.some(({ outcome }) => outcome === 'problem') ? 1 : 0
  },
}

function show({ check, outcome, found, advice }: Finding): void {
  print(`${MARKS[outcome]} ${check.padEnd(18)} ${found}`)
  if (advice !== undefined) print(`${' '.repeat(21)}→ ${advice}`)
}

function operatingSystem(): Finding {
  const check = 'operating system'
  if (process.platform === 'linux') {
    const isWsl = /microsoft/i.test(release())
    return { check, outcome: 'ok', found: `Linux ${release()}${isWsl ? ' (WSL 2)' : ''}` }
  }
  return {
    check,
    outcome: 'problem',
    found: process.platform,
    advice: 'tasks run on Linux only: use Linux, WSL 2 or a Linux virtual machine',
  }
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  return {
    check: 'Node',
    outcome: major >= 24 ? 'ok' : 'problem',
    found: `${process.version} at ${process.execPath}`,
    ...(major >= 24 ? {} : { advice: 'start through ./sagebrush, which gets Node 24 by itself' }),
  }
}

function python(): Finding {
  const check = 'Python'
  try {
    const name = findPython()
    const version = execFileSync(name, ['--version'], { encoding: 'utf8' }).trim()
    return { check, outcome: 'ok', found: version }
  } catch (error) {
    return { check, outcome: 'problem', found: 'missing', advice: (error as Error).message }
  }
}

function uv(config: Config): Finding {
  const path = findUv(config.cacheDir)
  return path === undefined
    ? {
        check: 'uv',
        outcome: 'note',
        found: 'not here yet',
        advice: './sagebrush up gets it from PyPI; it makes the Python environments of runtimes',
      }
    : { check: 'uv', outcome: 'ok', found: path }
}

async function sandbox(): Promise<Finding[]> {
  const probe = await probeSandbox()
  const mechanism: Finding = {
    check: 'sandbox',
    outcome: probe.mechanism === undefined ? 'problem' : 'ok',
    found: `bubblewrap ${probe.works.bwrap ? 'works' : 'is not here'}, unshare ${
      probe.works.unshare ? 'works' : 'does not work'
    }; tasks use ${probe.mechanism ?? 'neither'}`,
  }
  const limits: Finding = {
    check: 'user namespaces',
    outcome: probe.ownNetwork ? 'ok' : 'note',
    found: `${probe.ownNetwork ? 'own networks work' : 'no own networks'}; memory is limited by ${
      probe.memoryLimit
    }`,
  }
  const advice: Finding[] = probe.advice.map((line) => ({
    check: '',
    outcome: probe.mechanism === undefined ? 'problem' : 'note',
    found: line,
  }))
  return [mechanism, limits, ...advice]
}

async function port(config: Config): Promise<Finding> {
  const check = 'port'
  if (await supervisorStatus(config.dataDir)) {
    return { check, outcome: 'ok', found: `Sagebrush runs on ${config.dataDir}` }
  }
  const holder = await portHolder(config)
  return holder === undefined
    ? { check, outcome: 'ok', found: `${config.port} is free` }
    : { check, outcome: 'problem', found: holder, advice: './sagebrush up --port 9000' }
}

async function disk(config: Config): Promise<Finding> {
  let folder = config.dataDir
  while (!existsSync(folder)) folder = dirname(folder)
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const enough = free >= DISK_BYTES_MIN
  return {
    check: 'disk',
    outcome: enough ? 'ok' : 'problem',
    found: `${(free / 2 ** 30).toFixed(0)} GB free at ${folder}`,
    ...(enough ? {} : { advice: 'environments and data need 5 GB: free some, or use --data-dir' }),
  }
}

/** Signatures are valid for 15 minutes around the server's time; both are one machine's unless it is moved. */
async function clock(): Promise<Finding> {
  const now = systemClock.now()
  const uptimeSeconds = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  const isPlausible = now.getUTCFullYear() >= 2025
  return {
    check: 'clock',
    outcome: isPlausible ? 'ok' : 'problem',
    found: `${now.toISOString()}, up ${(uptimeSeconds / 3_600).toFixed(1)} h`,
    ...(isPlausible ? {} : { advice: 'set the date: signatures carry it, and clients check it' }),
  }
}
