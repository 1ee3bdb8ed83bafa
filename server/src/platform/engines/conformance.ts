import { after, before, describe } from 'node:test'
import { dataTests } from './conformance/data.ts'
import { hostTests } from './conformance/hosts.ts'
import { lifeTests } from './conformance/life.ts'
import { logTests } from './conformance/log.ts'
import { sandboxTests } from './conformance/sandbox.ts'
import { SHELL_IMAGE, type Subject, type SubjectFactory } from './conformance/subject.ts'

export { type FakePlatform, startFakePlatform } from './conformance/fake-platform.ts'
export type { Subject, SubjectFactory } from './conformance/subject.ts'

/** A service that says who it is and how much it got; the script of the variable SCRIPT instead, if any. */
const SERVE = `#!/bin/sh
[ -n "$SCRIPT" ] && eval "$SCRIPT"
exec node -e '
require("http").createServer((request, response) => {
  let bytes = 0
  request.on("data", (chunk) => { bytes += chunk.length })
  request.on("end", () => response.end(process.env.WHO + " " + bytes))
}).listen(8080)'
`

/** Every engine passes this: what `engine.ts` promises, tried with programs that really run. */
export function engineConformance(name: string, make: SubjectFactory): void {
  describe(name, () => {
    let subject: Subject | undefined
    before(async () => {
      subject = await make()
      const train = '#!/bin/sh\neval "$SCRIPT"\n'
      await subject.register(SHELL_IMAGE, { 'bin/train': train, 'bin/serve': SERVE })
    })
    after(async () => {
      await subject?.close()
    })
    const current = (): Subject => {
      if (!subject) throw new Error('the suite has not begun')
      return subject
    }
    describe('life', () => lifeTests(current))
    describe('data', () => dataTests(current))
    describe('log', () => logTests(current))
    describe('hosts', () => hostTests(current))
    describe('sandbox', () => sandboxTests(current))
  })
}
