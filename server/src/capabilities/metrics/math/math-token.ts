import { MathFault } from './math-fault.ts'

/** A word of a metric maths expression. */
export interface MathToken {
  readonly kind: 'Number' | 'Text' | 'Name' | 'Sign' | 'End'
  /** As written, but for texts: those without their quotes. */
  readonly text: string
  /** Where it begins, from 0. */
  readonly at: number
}

const SIGNS = /^(?:==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],])/
const NUMBER = /^(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/
const NAME = /^[A-Za-z_][A-Za-z0-9_]*/
const TEXT = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/s

/** Splits an expression into words, the last of them its end. @throws MathFault */
export function mathTokens(expression: string): readonly MathToken[] {
  const tokens: MathToken[] = []
  let at = 0
  for (;;) {
    at += /^\s*/.exec(expression.slice(at))?.[0].length ?? 0
    if (at >= expression.length) return [...tokens, { kind: 'End', text: '', at }]
    const { token, length } = nextToken(expression.slice(at), at)
    tokens.push(token)
    at += length
  }
}

function nextToken(rest: string, at: number): { token: MathToken; length: number } {
  const text = TEXT.exec(rest)
  if (text) {
    const inner = text[1] ?? text[2] ?? ''
    return { token: { kind: 'Text', text: inner, at }, length: text[0].length }
  }
  const kinds = [
    ['Number', NUMBER],
    ['Name', NAME],
    ['Sign', SIGNS],
  ] as const
  for (const [kind, pattern] of kinds) {
    const word = pattern.exec(rest)?.[0]
    if (word !== undefined) return { token: { kind, text: word, at }, length: word.length }
  }
  throw new MathFault(`'${rest[0]}' at ${at} cannot be read`)
}
