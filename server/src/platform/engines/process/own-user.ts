/** The user this process runs as. By number: in a container it may well have no name. */
export function ownUser(): {
  readonly uid: number
  readonly gid: number
  readonly isRoot: boolean
} {
  const uid = process.getuid?.() ?? 0
  return { uid, gid: process.getgid?.() ?? 0, isRoot: uid === 0 }
}
