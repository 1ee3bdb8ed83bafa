import { readFile } from 'node:fs/promises'

/** One process as `sagebrush status` shows it. */
export interface ProcessStatus {
  readonly role: string
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
  readonly restarts: number
  /** Resident set size. */
  readonly memoryBytes: number
}

interface KnownProcess {
  readonly role: string
  readonly pid: number | undefined
  readonly startedAt: Date | undefined
  readonly restarts: number
}

/** Those of the processes that run now, with their memory. */
export async function processStatus(known: readonly KnownProcess[]): Promise<ProcessStatus[]> {
  const statuses = await Promise.all(
    known.map(async ({ role, pid, startedAt, restarts }) => {
      if (pid === undefined || startedAt === undefined) return []
      const memoryBytes = await residentBytes(pid)
      return [{ role, pid, startedAt: startedAt.toISOString(), restarts, memoryBytes }]
    }),
  )
  return statuses.flat()
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
