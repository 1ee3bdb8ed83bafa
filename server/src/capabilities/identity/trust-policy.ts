import { parseArn } from '../../aws/arn.ts'
import type { PolicyCondition, PolicyStatement, Principals } from './policy-document.ts'

/** Someone who asks to act as a role. */
export type Assumer =
  | {
      readonly kind: 'service'
      readonly service: string
      readonly account: string
      /** For which resource the service asks. */
      readonly sourceArn: string
    }
  | {
      readonly kind: 'caller'
      readonly account: string
      /** As GetCallerIdentity answers. */
      readonly arn: string
      /** Of the role that the caller is a session of. */
      readonly roleArn?: string
      readonly externalId?: string
    }

/** What conditions can ask about, by key in lower case. */
type ConditionContext = ReadonlyMap<string, string>

/**
 * Whether a trust policy lets someone assume the role: an Allow that names them and no Deny that does.
 *
 * A condition on something that is not known here does not hold, so that it never lets anyone in.
 */
export function trusts(statements: readonly PolicyStatement[], assumer: Assumer): boolean {
  const context = contextOf(assumer)
  const applying = statements.filter(
    (statement) =>
      coversAction(statement) &&
      coversPrincipal(statement, assumer) &&
      statement.conditions.every((condition) =>
        holds(condition, { context, whenUnknown: statement.effect === 'Deny' }),
      ),
  )
  return (
    applying.some(({ effect }) => effect === 'Allow') &&
    !applying.some(({ effect }) => effect === 'Deny')
  )
}

function coversAction({ actions, notActions }: PolicyStatement): boolean {
  const names = (pattern: string): boolean => wildcard(pattern.toLowerCase()).test('sts:assumerole')
  return actions.length > 0 ? actions.some(names) : !notActions.some(names)
}

function coversPrincipal(statement: PolicyStatement, assumer: Assumer): boolean {
  if (statement.principal) return includes(statement.principal, assumer)
  return statement.notPrincipal ? !includes(statement.notPrincipal, assumer) : false
}

function includes(principals: Principals, assumer: Assumer): boolean {
  if (principals === '*') return true
  if (assumer.kind === 'service') return (principals.Service ?? []).includes(assumer.service)
  return (principals.AWS ?? []).some((name) => namesCaller(name, assumer))
}

/** `*`, an account, its root, the caller's role, or the very session. */
function namesCaller(name: string, caller: Extract<Assumer, { kind: 'caller' }>): boolean {
  if (name === '*' || name === caller.account) return true
  if (name === caller.arn || name === caller.roleArn) return true
  const arn = parseArn(name)
  return arn?.service === 'iam' && arn.resource === 'root' && arn.account === caller.account
}

function contextOf(assumer: Assumer): ConditionContext {
  if (assumer.kind === 'service') {
    return new Map([
      ['aws:sourceaccount', assumer.account],
      ['aws:sourcearn', assumer.sourceArn],
      ['aws:principalservicename', assumer.service],
      ['aws:principalisawsservice', 'true'],
    ])
  }
  const { account, roleArn, arn, externalId } = assumer
  return new Map([
    ['aws:principalaccount', account],
    ['aws:principalarn', roleArn ?? arn],
    ['aws:principalisawsservice', 'false'],
    ...(externalId === undefined ? [] : ([['sts:externalid', externalId]] as const)),
  ])
}

type Comparison = (actual: string, wanted: string) => boolean

const equals: Comparison = (actual, wanted) => actual === wanted
const like: Comparison = (actual, wanted) => wildcard(wanted).test(actual)

const COMPARISONS: Readonly<Record<string, { compare: Comparison; negated: boolean }>> = {
  StringEquals: { compare: equals, negated: false },
  StringNotEquals: { compare: equals, negated: true },
  StringEqualsIgnoreCase: {
    compare: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
    negated: false,
  },
  StringNotEqualsIgnoreCase: {
    compare: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
    negated: true,
  },
  StringLike: { compare: like, negated: false },
  StringNotLike: { compare: like, negated: true },
  ArnEquals: { compare: like, negated: false },
  ArnLike: { compare: like, negated: false },
  ArnNotEquals: { compare: like, negated: true },
  ArnNotLike: { compare: like, negated: true },
  Bool: { compare: (actual, wanted) => actual === wanted.toLowerCase(), negated: false },
}

function holds(
  { operator, key, values }: PolicyCondition,
  options: { context: ConditionContext; whenUnknown: boolean },
): boolean {
  const actual = options.context.get(key.toLowerCase())
  if (operator === 'Null')
    return values.some((value) => (value === 'true') === (actual === undefined))
  const ifExists = operator.endsWith('IfExists')
  const comparison = COMPARISONS[ifExists ? operator.slice(0, -'IfExists'.length) : operator]
  if (!comparison) return options.whenUnknown
  // AWS: a missing key satisfies a negated operator and no other, but for …IfExists
  if (actual === undefined) return ifExists || comparison.negated
  const matched = values.some((value) => comparison.compare(actual, value))
  return matched !== comparison.negated
}

/** IAM's wildcards: `*` is any text, `?` one character. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}
