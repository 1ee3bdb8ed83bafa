import assert from 'node:assert/strict'
import test from 'node:test'
import { compileFilterPattern } from './filter-pattern.ts'

// source: CloudWatch Logs User Guide, "Filter pattern syntax", but for the rows marked `ours`
const CASES: readonly [pattern: string, message: string, isMeant: boolean][] = [
  ['', 'anything', true],
  ['  ', 'anything', true],
  ['ERROR', '[ERROR 400] BAD REQUEST', true],
  ['ERROR', 'Exiting with ERRORCODE: -1', true],
  ['ERROR', 'error in lower case', false],
  ['ERROR ARGUMENTS', '[ERROR 419] MISSING ARGUMENTS', true],
  ['ERROR ARGUMENTS', '[ERROR 419]', false],
  ['?ERROR ?ARGUMENTS', '[ERROR 419]', true],
  ['?ERROR ?ARGUMENTS', '[INFO]', false],
  ['ERROR ?WARN', '[ERROR]', true],
  ['ERROR ?WARN', '[WARN]', false],
  ['"INTERNAL SERVER ERROR"', '500 INTERNAL SERVER ERROR', true],
  ['"INTERNAL SERVER ERROR"', 'SERVER ERROR, INTERNAL', false],
  ['"say \\"no\\""', 'they say "no" to it', true],
  ['ERROR -ARGUMENTS', '[ERROR 400] BAD REQUEST', true],
  ['ERROR -ARGUMENTS', '[ERROR 419] MISSING ARGUMENTS', false],
  ['-ERROR', 'all is well', true],
  ['-"BAD REQUEST"', '[ERROR 400] BAD REQUEST', false],
  ['?"a b" ?c', 'x a b y', true],
  ['%AUTHORIZED%', '[ERROR 401] UNAUTHORIZED REQUEST', true],
  ['%[Ee]rror|[Ff]ail%', 'it Failed', true],
  ['%^\\d{3}$%', '404', true],
  ['%^\\d{3}$%', '4040', false],
  ['ERROR -%4\\d\\d%', '[ERROR 419]', false],
  ['Größe', 'Die Größe', true], // ours
]

test('terms, phrases, exclusions, options and regular expressions mean what AWS says they mean', () => {
  for (const [pattern, message, isMeant] of CASES) {
    assert.equal(compileFilterPattern(pattern)(message), isMeant, `${pattern} over ${message}`)
  }
})

test('a pattern that cannot be read is refused with the part that is wrong', () => {
  const cases: readonly [pattern: string, message: RegExp][] = [
    ['a@b.com', /Invalid character\(s\) in term 'a@b\.com'/],
    ['""', /Invalid character\(s\) in term '""'/],
    ['"unfinished', /Invalid character\(s\) in term '"unfinished'/],
    ['%what!%', /Invalid character\(s\) in term '%what!%'/],
    ['%(a)%', /Invalid character\(s\) in term/],
    ['%[z-a]%', /Invalid regular expression/],
    ['%a% %b% %c%', /at most 2 regular expressions/],
    ['[ip, user, status = 4*]', /space-delimited patterns .* are not supported here/],
  ]
  for (const [pattern, message] of cases) {
    const error = { code: 'InvalidParameterException', message }
    assert.throws(() => compileFilterPattern(pattern), error, pattern)
  }
})
