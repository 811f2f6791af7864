import type { FlipSpec } from '../chart/index.ts'
import { approvalsFor, digestInput, fingerprintOf, type GuardAsked } from '../flip/index.ts'
import type { Actor, Approval, FlipWatch, Head } from '../ports/index.ts'
import type { Desk } from './desk.ts'

/** Who asks for which flip, with what. */
interface Wanted {
  readonly spec: FlipSpec
  readonly input: unknown
  readonly actor: Actor | undefined
  readonly from: string
  readonly to: string
  readonly watch: FlipWatch | undefined
}

const NONE: readonly never[] = []

/** What the guards of a flip are asked about: what is wanted, and what the head remembers. */
export function askedOf(desk: Desk, head: Head, wanted: Wanted): GuardAsked {
  const { spec, input, actor, from, to, watch } = wanted
  const { deps, clock } = desk.core.engine
  const at = clock.now()
  const rolledBack = head.rolledBack ?? NONE
  const approvals = head.approvals === undefined ? NONE : approvalsAt(desk, head, wanted, at)
  // Written out: a flip asks for one of these, and a spread here costs as much as a guard.
  return { deps, input, subject: desk.id, flip: spec.name, from, to, actor, at, rolledBack, approvals, watch }
}

function approvalsAt(desk: Desk, head: Head, { spec, input }: Wanted, at: number): readonly Approval[] {
  return approvalsFor(head.approvals, { flip: spec.name, at }, () => fingerprintIn(desk, spec, input))
}

/** What approvals of this flip with this input are bound to: the same that idempotency keys are. */
export function fingerprintIn({ core }: Desk, spec: FlipSpec, input: unknown): string {
  return fingerprintOf(spec.name, digestInput(spec, core.engine.secrets, input))
}
