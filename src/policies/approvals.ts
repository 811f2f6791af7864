import { known, label, refuse } from '../base/index.ts'
import { deny, type GuardContext, type Policy, policy } from '../chart/index.ts'
import type { Actor } from '../ports/index.ts'
import { momentText } from './moment.ts'

/** Options of `approvals(n, options)`. */
export interface ApprovalsOptions {
  /**
   * Whose approvals count: actors with one of these roles. They may approve, too.
   * @default everybody's who may approve
   */
  readonly roles?: readonly string[] | undefined
}

/** More do not wait on a subject. */
const MOST = 64

/**
 * Refuses until `n` different people have approved this flip with this input, by `subject.approve(…)`. Who asks for the
 * flip is none of them; where nobody says who asks, it is a no.
 * @throws OPTION_INVALID naming the option
 * @example .guard('four eyes', approvals(2, { roles: ['sre'] }))
 */
export function approvals(n: number, options?: ApprovalsOptions): Policy {
  if (!Number.isSafeInteger(n) || n < 1 || n > MOST)
    refuse('the number of approvals', n, `a whole number from 1 to ${MOST}`)
  const roles = parseRoles(known(options, 'approvals options', ['roles']).roles)
  return policy((context) => verdict(n, roles, context), { approvers: roles })
}

function parseRoles(value: unknown): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length === 0) return refuse('roles', value, 'a list of one or more roles')
  return value.map((role: unknown, index) => label(role, `roles[${index}]`))
}

function verdict(n: number, roles: readonly string[], { actor, approvals }: GuardContext): ReturnType<Policy> {
  if (actor === undefined) return deny(`${n} approvals by others are needed, and nobody says who asks`)
  const counted = new Map<string, string>()
  const others: string[] = []
  for (const { actor: by, until } of approvals) {
    const why = whyNot(by, actor, roles)
    if (why === undefined) counted.set(by.id, `${by.id} until ${momentText(until)}`)
    else others.push(`${by.id} ${why}`)
  }
  if (counted.size >= n) return true
  const whose = roles.length === 0 ? '' : ` by ${roles.join(' or ')}`
  const found = counted.size === 0 ? '' : `: ${[...counted.values()].join(', ')}`
  const not = others.length === 0 ? '' : `; not counted: ${others.join(', ')}`
  return deny(`${counted.size} of ${n} approvals${whose}${found}${not}`)
}

function whyNot(by: Actor, actor: Actor, roles: readonly string[]): string | undefined {
  if (by.id === actor.id) return 'asks for it'
  return roles.length === 0 || roles.some((role) => by.roles?.includes(role)) ? undefined : 'has none of these roles'
}
