import { AsyncLocalStorage } from 'node:async_hooks'
import { systemClock } from '../base/index.ts'
import type { SubjectRef } from '../ports/index.ts'

/** A subject, and the phase that this process saw it in last. */
export interface Place {
  readonly ref: SubjectRef
  readonly phase: string | undefined
}

/** A call of the user's function, or work that was bound to a subject, and what it was made from. */
export interface Visit {
  readonly subject: Place
  readonly flipId: string | undefined
  readonly place: string
  readonly outer: Visit | undefined
  /** Nobody waits for the call any more: what it has left running, a server say, is not inside it. */
  isOver: boolean
}

/**
 * Up to Node 22 a storage in use makes every promise, socket and request of the process cost more. So it is put out of use
 * when no call of the user's function has been under way for this long.
 */
const UNUSED_MS = 500

const running = new AsyncLocalStorage<Visit>()
/** How many visits are not over. Those of `about` never are. */
let visits = 0
/** How many there were in all. */
let visitsEver = 0
let isWatched = false

export function visit({ subject, flipId, place }: Pick<Visit, 'subject' | 'flipId' | 'place'>): Visit {
  visits++
  visitsEver++
  return { subject, flipId, place, outer: running.getStore(), isOver: false }
}

/** The call has ended, or nobody waits for it any more. */
export function over(here: Visit): void {
  if (here.isOver) return
  here.isOver = true
  visits--
  if (visits === 0 && !isWatched) disableWhenUnused()
}

function disableWhenUnused(): void {
  isWatched = true
  const before = visitsEver
  const look = (): void => {
    isWatched = false
    if (visits > 0) return
    if (visitsEver === before) running.disable()
    else disableWhenUnused()
  }
  // The storage is the process's, whatever clock a gate goes by.
  systemClock.timer(UNUSED_MS, look, { background: true })
}

/** Calls `work` so that whatever it starts is known to be inside `here`. */
export function inside<Result>(here: Visit, work: () => Result): Result {
  return running.run(here, work)
}

/** The place (`step "cordon"`) of `subject` that this call comes from; undefined when it comes from elsewhere. */
export function placeInside(subject: Place): string | undefined {
  for (let at = running.getStore(); at !== undefined; at = at.outer) {
    if (at.subject === subject && !at.isOver) return at.place
  }
  return undefined
}

/** Calls `work` so that whatever it starts is known to be about a subject, though it is no part of a flip. */
export function about<Result>(subject: Place, work: () => Result): Result {
  return running.run(visit({ subject, flipId: undefined, place: 'work bound to the subject' }), work)
}

/** The subject that this call is about, innermost first, and the flip that it is part of. */
export function whereabouts(): { readonly subject: Place; readonly flipId: string | undefined } | undefined {
  for (let at = running.getStore(); at !== undefined; at = at.outer) if (!at.isOver) return at
  return undefined
}
