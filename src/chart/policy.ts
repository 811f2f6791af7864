import { callable, known, label, refuse } from '../base/index.ts'
import type { GuardAnswer, GuardContext, PolicySpec } from './types.ts'

/** Shared by every copy of the library: a policy of one is a policy of all. */
const MARK: unique symbol = Symbol.for('phasegate.policy') as never

/** A guard that a rule of the house makes, rather than the state of the world: `breakGlass` passes it, and is recorded. */
export interface Policy<Context = GuardContext> {
  (context: Context): GuardAnswer
  readonly [MARK]: PolicySpec
}

/** Options of `policy(check, options)`. */
export interface PolicyOptions {
  /**
   * Roles that may give `approve(…)` for the flip, besides those that may flip it.
   * @default none
   */
  readonly approvers?: readonly string[] | undefined
}

/**
 * Makes a guard a policy. It is asked as any guard is, and `breakGlass` passes its no.
 *
 * @example .guard('on call', policy(({ deps, actor }) => deps.rota.isOnCall(actor?.id) || deny('only who is on call')))
 */
export function policy<Context extends GuardContext = GuardContext>(
  check: (context: Context) => GuardAnswer,
  options?: PolicyOptions,
): Policy<Context> {
  const ask = callable<typeof check>(check, 'the check of a policy')
  const { approvers = [] } = known(options, 'policy options', ['approvers'])
  if (!Array.isArray(approvers)) return refuse('approvers', approvers, 'a list of roles')
  const roles = approvers.map((role: unknown, index) => label(role, `approvers[${index}]`))
  const spec: PolicySpec = Object.freeze({ approvers: Object.freeze([...new Set(roles)]) })
  // The function that was given stays a plain guard elsewhere.
  return Object.assign((context: Context) => ask(context), { [MARK]: spec })
}

/** What a guard's function says of itself as a policy; undefined when it is none. */
export function policyOf(check: unknown): PolicySpec | undefined {
  return typeof check === 'function' ? (check as Partial<Policy>)[MARK] : undefined
}
