/** The gateway's part of data capture: what records are, and where they are left. Needs neither Postgres nor S3. */
export { CAPTURED_TOPIC_PREFIX, type CaptureTarget, captureFolder } from './capture-folder.ts'
export { type CaptureEvent, captureLine, type Payload } from './capture-record.ts'
export { type CaptureSettings, captureSettings } from './capture-settings.ts'
export { CaptureSpool, type CaptureSpoolOptions } from './capture-spool.ts'
