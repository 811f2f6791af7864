import type { Actor } from '../ports/index.ts'

// As whom the runtime acts where no person does. No caller can be one of these: ids that begin with `system:` are refused.

/** Takes over the flips of dead owners. */
export const RECOVERY: Actor = Object.freeze({ id: 'system:recovery', roles: Object.freeze(['system']) })
/** Asks for the flips whose time has come. */
export const TIMER: Actor = Object.freeze({ id: 'system:timer', roles: Object.freeze(['system']) })

export function isSystem(actor: Pick<Actor, 'id'> | undefined): boolean {
  return actor?.id.startsWith('system:') === true
}
