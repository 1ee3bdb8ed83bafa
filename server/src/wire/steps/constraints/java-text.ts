/** Values as Java prints them, for that is how AWS's refusals show them. */
export function javaText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`
  if (value instanceof Uint8Array)
    return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    const entries = Object.entries(value).map(([name, held]) => `${name}=${javaText(held)}`)
    return `{${entries.join(', ')}}`
  }
  return String(value)
}
