import { parseArgs } from 'node:util'
import { systemClock } from '../../server/src/base/clock.ts'
import { type Command, print, printJson, printTable } from '../command.ts'
import {
  askControl,
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  Interrupted,
  requireRunning,
} from '../installation-options.ts'
import { type ClockShown, clockLine } from './clock.ts'
import { type FaultListed, printFaults } from './inject.ts'

interface TaskStatus {
  readonly taskId: string
  readonly kind: string
  readonly name: string
  readonly state: string
  readonly runnerPid?: number
  readonly pid?: number
}

export const status: Command = {
  usage: '[--json] [--data-dir DIR]',
  summary: 'show what runs',
  help: `Each process with its role, pid, uptime and memory, and the tasks (hosts of jobs, replicas of
endpoints) that run; the platform's clock where it was moved, and what is injected.

  --json           {"url", "processes": [{"role", "pid", …}], "clock", "faults": […],
                   "tasks": [{"taskId", "kind", "name", …}]}
${DATA_DIR_HELP}

Example:
  ./sagebrush status --json | jq .tasks`,
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { ...DATA_DIR_OPTION, json: { type: 'boolean' } },
    })
    const { dataDir } = configFor(values)
    const { url, processes } = await requireRunning(dataDir)
    const ask = <T>(url: string): Promise<T | undefined> => askIfThere<T>(dataDir, url)
    const answer = await ask<{ tasks: TaskStatus[] }>('/tasks')
    const clock = await ask<ClockShown>('/clock')
    const injected = await ask<{ faults: FaultListed[] }>('/inject')
    const faults = injected?.faults ?? []
    const tasks = answer?.tasks ?? []
    const port = Number(new URL(url).port)
    if (values.json) {
      const gatewaysPort = (role: string) => (role === 'gateway' ? { port } : {})
      printJson({
        url,
        processes: processes.map((one) => ({ ...one, ...gatewaysPort(one.role) })),
        tasks,
        ...(clock && { clock }),
        faults,
      })
      return 0
    }
    print(`${url}   data in ${dataDir}\n`)
    const now = systemClock.now().getTime()
    printTable([
      ['ROLE', 'PID', 'PORT', 'UPTIME', 'MEMORY', 'RESTARTS'],
      ...processes.map((one) => [
        one.role,
        String(one.pid),
        one.role === 'gateway' ? String(port) : '-',
        duration(now - Date.parse(one.startedAt)),
        `${Math.round(one.memoryBytes / 2 ** 20)} MB`,
        String(one.restarts),
      ]),
    ])
    if (clock && !clock.isWall) print(`\nclock  ${clockLine(clock)}`)
    print()
    if (!answer)
      print('control or Postgres is being started again; tasks cannot be listed just now')
    else if (tasks.length === 0) print('no tasks run')
    else printTable(taskRows(tasks))
    if (faults.length > 0) {
      print()
      printFaults(faults)
    }
    return 0
  },
}

/** @returns undefined while control, or Postgres behind it, is away: the processes are there to be shown */
function askIfThere<T>(dataDir: string, url: string): Promise<T | undefined> {
  return askControl<T>(dataDir, 'GET', url).catch((error: unknown) => {
    if (error instanceof Interrupted) return undefined
    throw error
  })
}

function taskRows(tasks: readonly TaskStatus[]): string[][] {
  const rows = tasks.map((task) => [
    task.kind,
    task.name,
    task.state,
    String(task.pid ?? '-'),
    task.taskId,
  ])
  return [['KIND', 'NAME', 'STATE', 'PID', 'TASK'], ...rows]
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3_600)} h`
}
