/**
 * Data capture: what went into and came out of an endpoint, as records in the account's own S3. A gateway
 * writes records into files of its own (`tap.ts` is its part); control makes each minute's an object. Neither
 * keeps a request waiting.
 */
export { superviseCaptures } from './capture-supervisor.ts'
