/** A last column that has less room than this is not broken. */
const LAST_WIDTH_MIN = 24

/**
 * Columns aligned for reading; the first row is the head.
 *
 * @param width of the terminal: what stands in the last column is broken between words to fit; undefined for a pipe,
 *   where each row is one line
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  width: number | undefined,
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const lastAt = widths.slice(0, -1).reduce((sum, own) => sum + own + 2, 0)
  const room = width === undefined ? Infinity : width - lastAt
  return rows.flatMap((row) => {
    const before = row.slice(0, -1).map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2))
    const last = row.at(-1) ?? ''
    const parts = room < LAST_WIDTH_MIN ? [last] : brokenAt(last, room)
    return parts.map((part, index) =>
      `${index === 0 ? before.join('') : ' '.repeat(lastAt)}${part}`.trimEnd(),
    )
  })
}

function brokenAt(text: string, room: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}
