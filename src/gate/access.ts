import { type Act, unreachable } from '../base/index.ts'
import type { AnyChart, FlipSpec, GuardAnswer } from '../chart/index.ts'
import { isSystem } from '../flip/index.ts'
import type { Actor } from '../ports/index.ts'

/** What a gate's `authorize` is asked: whether `actor` may do this. What does not apply, or is not known yet, is undefined. */
export interface Authorization {
  readonly act: Act
  readonly chart: string
  readonly subject: string
  /** The flip that is asked for, or that the order is about. */
  readonly flip: string | undefined
  /** The flip in progress that the order is about. */
  readonly flipId: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  /** `system:recovery` and `system:timer` are the library itself: nobody else can have such an id. */
  readonly actor: Actor | undefined
  /** Why, in the words of who asks. */
  readonly reason: string | undefined
  /** Aborts when the answer has taken too long. */
  readonly signal: AbortSignal
}

/** Answers exactly `true`, or no; `deny(reason)` says why. */
export type Authorize = (ask: Authorization) => GuardAnswer

/** Whether somebody may do something, as far as roles can tell. */
export type Access =
  | { readonly type: 'open' }
  /** Roles do not stand in the way; the gate's `authorize` has to say yes. */
  | { readonly type: 'ask' }
  /** `needs`: the roles of which one would do; none where nobody may. */
  | { readonly type: 'denied'; readonly needs: readonly string[] }

/** What is declared, as far as leave depends on it. */
export interface Declared {
  /** Of the flip that it is about; undefined when it is about none. */
  readonly flip: Pick<FlipSpec, 'allow' | 'anyone'> | undefined
  /** Roles whose approval a policy of the flip asks for. */
  readonly approvers: readonly string[]
  readonly operators: readonly string[]
  /** Whether the chart declares roles for anything. */
  readonly reserves: boolean
  readonly authorize: boolean
}

/**
 * Roles and `authorize` must both say yes. Where no role is declared for an act `authorize` decides alone; without one it
 * is open, unless the chart declares roles for something else: then nobody may.
 */
export function decideAccess(act: Act, declared: Declared, actor: Actor | undefined): Access {
  const yes: Access = declared.authorize ? { type: 'ask' } : { type: 'open' }
  if (isSystem(actor) || (declared.flip?.anyone === true && isOfFlip(act))) return yes
  const needs = rolesFor(act, declared)
  if (needs.length > 0) {
    return needs.some((role) => actor?.roles?.includes(role) === true) ? yes : { type: 'denied', needs }
  }
  return declared.authorize || !declared.reserves ? yes : { type: 'denied', needs }
}

/** Whether who may ask for a flip may do this with it, too. */
function isOfFlip(act: Act): boolean {
  return act === 'flip' || act === 'cancel' || act === 'resolve' || act === 'approve'
}

function rolesFor(act: Act, { flip, approvers, operators }: Declared): readonly string[] {
  const allow = flip?.allow ?? []
  switch (act) {
    case 'flip':
      return allow
    case 'cancel':
    case 'resolve':
      return [...allow, ...operators]
    case 'approve':
      return [...allow, ...operators, ...approvers]
    case 'force':
    case 'redact':
    case 'prune':
    case 'breakGlass':
    case 'recover':
      return operators
    default:
      return unreachable(act)
  }
}

/** Whether a chart declares roles for anything. */
export function reserves({ operators, flips }: AnyChart): boolean {
  return (
    operators.length > 0 || [...flips.values()].some((flip) => flip.allow.length > 0 || approversOf(flip).length > 0)
  )
}

/** The roles that may approve the flip because a policy of it asks for them. */
export function approversOf({ guards }: FlipSpec): readonly string[] {
  return guards.flatMap((guard) => guard.policy?.approvers ?? [])
}
