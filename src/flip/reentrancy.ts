import { AsyncLocalStorage } from 'node:async_hooks'

/** The user's function that is running, and the one it was called from, if it was. */
interface Inside {
  readonly subject: object
  readonly place: string
  readonly outer: Inside | undefined
}

const running = new AsyncLocalStorage<Inside>()

/** Calls `work` so that whatever it starts is known to be inside `place` of `subject`. */
export function inside<Result>(subject: object, place: string, work: () => Result): Result {
  return running.run({ subject, place, outer: running.getStore() }, work)
}

/** The place (`step "cordon"`) of `subject` that this call comes from; undefined when it comes from elsewhere. */
export function placeInside(subject: object): string | undefined {
  for (let at = running.getStore(); at !== undefined; at = at.outer) {
    if (at.subject === subject) return at.place
  }
  return undefined
}
