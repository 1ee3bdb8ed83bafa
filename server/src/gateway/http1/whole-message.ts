import type { Socket } from 'node:net'

/** Node writes a string of up to this length from the stack, in one system call and without a request. */
const TOGETHER_BYTES_MAX = 16 * 1024

/**
 * Writes a message's head and body in as few system calls as there can be: small ones as one string,
 * which costs half of what a gathered write does.
 *
 * @returns false while the peer should be waited for
 */
export function writeMessage(socket: Socket, head: string, body: Buffer): boolean {
  if (body.length === 0) return socket.write(head, 'latin1')
  if (head.length + body.length <= TOGETHER_BYTES_MAX) {
    return socket.write(head + body.toString('latin1'), 'latin1')
  }
  socket.cork()
  socket.write(head, 'latin1')
  const taken = socket.write(body)
  socket.uncork()
  return taken
}
