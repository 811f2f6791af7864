/** A guard's no, with its reason. */
export class Denial {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/**
 * Refuses a flip from inside a guard, saying why.
 *
 * @example .guard('peers-healthy', async ({ deps }) => (await deps.lb.healthy()) > 1 || deny('no healthy peer'))
 */
export function deny(reason: string): Denial {
  return new Denial(reason)
}
