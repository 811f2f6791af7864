import type { FlipSpec } from '../chart/index.ts'
import type { Actor } from '../ports/index.ts'

/** The roles of which the actor has none; undefined when the flip is open to them. */
export function missingRoles({ allow }: FlipSpec, actor: Actor | undefined): readonly string[] | undefined {
  if (allow.length === 0) return undefined
  return allow.some((role) => actor?.roles?.includes(role) === true) ? undefined : allow
}
