import { AsyncLocalStorage } from 'node:async_hooks'

/** A call of the user's function, and the one it was made from, if it was. */
export interface Visit {
  readonly subject: object
  readonly place: string
  readonly outer: Visit | undefined
  /** Nobody waits for the call any more: what it has left running, a server say, is not inside it. */
  isOver: boolean
}

const running = new AsyncLocalStorage<Visit>()

export function visit(subject: object, place: string): Visit {
  return { subject, place, outer: running.getStore(), isOver: false }
}

/** Calls `work` so that whatever it starts is known to be inside `here`. */
export function inside<Result>(here: Visit, work: () => Result): Result {
  return running.run(here, work)
}

/** The place (`step "cordon"`) of `subject` that this call comes from; undefined when it comes from elsewhere. */
export function placeInside(subject: object): string | undefined {
  for (let at = running.getStore(); at !== undefined; at = at.outer) {
    if (at.subject === subject && !at.isOver) return at.place
  }
  return undefined
}
