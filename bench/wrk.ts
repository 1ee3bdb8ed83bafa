import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** One request, sent again and again. */
export interface WrkRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface WrkResult {
  readonly requests: number
  readonly requestsPerSecond: number
  readonly latencyMsP50: number
  readonly latencyMsP99: number
}

/**
 * POSTs with wrk from `connections` kept-alive connections for `seconds`.
 *
 * @throws Error when any answer was not a success: what fails fast is not fast
 */
export async function wrk(
  request: WrkRequest,
  options: { connections: number; seconds: number; core?: number },
): Promise<WrkResult> {
  await requireSuccess(request)
  const folder = await mkdtemp(join(tmpdir(), 'sgb-wrk-'))
  try {
    const script = join(folder, 'request.lua')
    await writeFile(script, luaScript(request))
    const load = ['-t', '1', '-c', String(options.connections), '-d', `${options.seconds}s`]
    const command = ['wrk', ...load, '-s', script, request.url]
    const pinned =
      options.core === undefined ? command : ['taskset', '-c', String(options.core), ...command]
    const [program = '', ...args] = pinned
    const { stdout } = await promisify(execFile)(program, args)
    return parse(stdout)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One request first: wrk counts failures, and cannot say what they were. */
async function requireSuccess({ url, headers, body }: WrkRequest): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers, body })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
}

function luaScript({ headers, body }: WrkRequest): string {
  const lines = Object.entries(headers).map(
    ([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`,
  )
  return `wrk.method = 'POST'
wrk.body = ${lua(body)}
${lines.join('\n')}
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('RESULT %d %d %d %.3f %.3f\\n', summary.requests, summary.duration,
    failed, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
`
}

function lua(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

function parse(output: string): WrkResult {
  const found = /^RESULT (\d+) (\d+) (\d+) (\S+) (\S+)$/m.exec(output)
  if (!found) throw new Error(`wrk answered:\n${output}`)
  const [requests = 0, durationUs = 0, failed = 0, p50 = 0, p99 = 0] = found.slice(1).map(Number)
  if (failed > 0) throw new Error(`${failed} of ${requests} requests failed`)
  return {
    requests,
    requestsPerSecond: requests / (durationUs / 1e6),
    latencyMsP50: p50,
    latencyMsP99: p99,
  }
}
