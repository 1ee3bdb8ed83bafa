import { malformedPolicyDocument } from './iam-errors.ts'

/** A policy's statement with every one-or-many member as a list. */
export interface PolicyStatement {
  readonly effect: 'Allow' | 'Deny'
  readonly actions: readonly string[]
  readonly notActions: readonly string[]
  /** Who it is about, in a trust policy; absent in a permission policy. */
  readonly principal?: Principals
  readonly notPrincipal?: Principals
  readonly conditions: readonly PolicyCondition[]
}

/** By kind: `AWS`, `Service`, `Federated`, `CanonicalUser`; `'*'` is everyone. */
export type Principals = '*' | Readonly<Record<string, readonly string[]>>

export interface PolicyCondition {
  /** E.g. `StringEquals` or `ArnLikeIfExists`. */
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

type Json = Readonly<Record<string, unknown>>

const VERSIONS = new Set(['2012-10-17', '2008-10-17'])
const PRINCIPAL_KINDS = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser'])
const ASSUME_ACTIONS = /^(\*|sts:.*)$/i
const AWS_PRINCIPAL = /^(\*|\d{12}|AIDA\w+|AROA\w+|arn:aws[a-z-]*:(iam|sts)::(\d{12}|aws):.+)$/
const SERVICE_PRINCIPAL = /^[a-z0-9.-]+\.[a-z.]+$/

/**
 * Reads a role's trust policy: who may assume it. The refusals and their order are IAM's.
 * @throws malformedPolicyDocument
 */
export function parseTrustPolicy(document: string): readonly PolicyStatement[] {
  return statementsOf(document).map((statement) => {
    for (const field of ['Resource', 'NotResource']) {
      if (field in statement) throw malformedPolicyDocument(`Has prohibited field ${field}`)
    }
    const parsed = parseStatement(statement)
    if (!parsed.principal && !parsed.notPrincipal) {
      throw malformedPolicyDocument('Missing required field Principal')
    }
    if (!parsed.actions.every((action) => ASSUME_ACTIONS.test(action))) {
      throw malformedPolicyDocument('AssumeRole policy may only specify STS AssumeRole actions.')
    }
    return parsed
  })
}

/** Reads a policy that says what its bearer may do. @throws malformedPolicyDocument */
export function parsePermissionPolicy(document: string): readonly PolicyStatement[] {
  return statementsOf(document).map((statement) => {
    if ('Principal' in statement || 'NotPrincipal' in statement) {
      throw malformedPolicyDocument('Policy document should not specify a principal.')
    }
    const parsed = parseStatement(statement)
    if (!('Resource' in statement) && !('NotResource' in statement)) {
      throw malformedPolicyDocument('Policy statement must contain resources.')
    }
    strings(statement.Resource ?? statement.NotResource)
    return parsed
  })
}

function statementsOf(document: string): readonly Json[] {
  if (/^\s/.test(document)) {
    throw malformedPolicyDocument('JSON strings must not have leading spaces')
  }
  const policy = parseJson(document)
  if (!isJson(policy)) throw malformedPolicyDocument('Syntax errors in policy.')
  const { Version: version, Statement: statement } = policy
  if (version !== undefined && !VERSIONS.has(String(version))) {
    throw malformedPolicyDocument('Policy document must be version 2012-10-17 or greater.')
  }
  if (statement === undefined) throw malformedPolicyDocument('Missing required field Statement')
  const statements = Array.isArray(statement) ? statement : [statement]
  if (statements.length === 0) throw malformedPolicyDocument('Empty Statement')
  if (!statements.every(isJson)) throw malformedPolicyDocument('Syntax errors in policy.')
  return statements
}

function parseJson(document: string): unknown {
  try {
    return JSON.parse(document)
  } catch {
    throw malformedPolicyDocument('This policy contains invalid Json')
  }
}

function parseStatement(statement: Json): PolicyStatement {
  const { Effect: effect, Action, NotAction, Principal, NotPrincipal, Condition } = statement
  if (effect === undefined) throw malformedPolicyDocument('Missing required field Effect')
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw malformedPolicyDocument(`Invalid effect: ${String(effect)}`)
  }
  if (Action === undefined && NotAction === undefined) {
    throw malformedPolicyDocument('Policy statement must contain actions.')
  }
  return {
    effect,
    actions: Action === undefined ? [] : strings(Action),
    notActions: NotAction === undefined ? [] : strings(NotAction),
    ...(Principal === undefined ? {} : { principal: principals(Principal) }),
    ...(NotPrincipal === undefined ? {} : { notPrincipal: principals(NotPrincipal) }),
    conditions: Condition === undefined ? [] : conditions(Condition),
  }
}

function principals(value: unknown): Principals {
  if (value === '*') return '*'
  if (!isJson(value)) throw malformedPolicyDocument(`Invalid principal in policy: "${value}"`)
  const kinds = Object.entries(value).map(([kind, names]) => {
    if (!PRINCIPAL_KINDS.has(kind)) {
      throw malformedPolicyDocument(`Invalid principal in policy: "${kind}"`)
    }
    const list = strings(names)
    for (const name of list) {
      const form =
        kind === 'AWS' ? AWS_PRINCIPAL : kind === 'Service' ? SERVICE_PRINCIPAL : undefined
      if (form && !form.test(name)) {
        throw malformedPolicyDocument(
          `Invalid principal in policy: "${kind.toUpperCase()}":"${name}"`,
        )
      }
    }
    return [kind, list] as const
  })
  return Object.fromEntries(kinds)
}

function conditions(value: unknown): readonly PolicyCondition[] {
  if (!isJson(value)) throw malformedPolicyDocument('Syntax errors in policy.')
  return Object.entries(value).flatMap(([operator, keys]) => {
    if (!isJson(keys)) throw malformedPolicyDocument('Syntax errors in policy.')
    return Object.entries(keys).map(([key, values]) => ({ operator, key, values: scalars(values) }))
  })
}

function strings(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0 || !list.every((item) => typeof item === 'string')) {
    throw malformedPolicyDocument('Syntax errors in policy.')
  }
  return list
}

function scalars(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  if (!list.every((item) => ['string', 'number', 'boolean'].includes(typeof item))) {
    throw malformedPolicyDocument('Syntax errors in policy.')
  }
  return list.map(String)
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
