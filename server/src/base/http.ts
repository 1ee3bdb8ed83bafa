import type * as http from 'node:http'

/**
 * `node:http` for all that has to start quickly. Imported by its name, a built-in module is read member by
 * member, and reading `http.WebSocket` loads undici: 50 ms of CPU time in each runner and each bridge.
 */
export const { Agent, createServer, METHODS, request, STATUS_CODES } =
  process.getBuiltinModule('node:http')
export type Agent = http.Agent
