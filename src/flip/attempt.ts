import type { PhasegateError, Stop } from '../base/index.ts'
import type { Clock, Failure } from '../ports/index.ts'
import type { Deadlines } from './deadlines.ts'
import { inside, over, type Place, type Visit, visit } from './reentrancy.ts'

/** Why work in progress must end: the flip shall turn back, or this process has to leave it. */
export type Interruption =
  | { readonly type: 'turn'; readonly failure: Failure }
  | { readonly type: 'leave'; readonly error: () => PhasegateError }

/** How one call of the user's function ended. */
export type Attempt =
  | { readonly type: 'returned'; readonly value: unknown }
  | { readonly type: 'threw'; readonly error: unknown }
  | { readonly type: 'timedOut' }
  | { readonly type: 'interrupted'; readonly by: Interruption }

/** How long a function may take to end once its signal has aborted, before we go on without knowing what it did. */
const MOMENT_MS = 1_000

/** The signal of one call: made when somebody looks at it. */
export class Abort {
  #controller: AbortController | undefined
  #reason: unknown
  #aborted = false

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

/** A call that can be interrupted from outside. */
export interface Call {
  readonly subject: Place
  /** The flip that it is part of, once there is one. */
  readonly flipId: string | undefined
  /** For error messages: `step "cordon"`. */
  readonly place: string
  readonly work: () => unknown
  readonly abort: Abort
  readonly timeoutMs: number
  /** Hands out the way to interrupt the call while it is pending. */
  readonly pending?: ((interrupt: (by: Interruption) => void) => void) | undefined
}

/** What measures the time of calls. */
interface Time {
  readonly clock: Clock
  readonly deadlines: Deadlines
}

/** Calls the user's function once, for at most its timeout. Never throws. */
export function attempt(time: Time, call: Call): Attempt | Promise<Attempt> {
  const here = visit(call)
  try {
    const result = inside(here, call.work)
    if (isThenable(result)) return settle(result, time, call, here)
    over(here)
    return { type: 'returned', value: result }
  } catch (error) {
    over(here)
    return { type: 'threw', error }
  }
}

function settle(
  result: PromiseLike<unknown>,
  { clock, deadlines }: Time,
  { abort, timeoutMs, pending }: Call,
  here: Visit,
): Promise<Attempt> {
  return new Promise((resolve) => {
    let cut: Attempt | undefined
    const end = (how: Attempt): void => {
      over(here)
      stopWaiting()
      resolve(how)
    }
    // Told to stop: what it still says is the truth if it succeeds, and the reason it was told if it does not.
    const stop = (how: Attempt, reason: unknown): void => {
      if (cut !== undefined) return
      cut = how
      stopWaiting()
      stopWaiting = clock.timer(MOMENT_MS, () => end(how))
      abort.abort(reason)
    }
    let stopWaiting: Stop = deadlines.add(timeoutMs, () =>
      stop({ type: 'timedOut' }, new DOMException('it has taken too long', 'TimeoutError')),
    )
    pending?.((by) => {
      if (here.isOver) return
      if (by.type === 'turn')
        return stop({ type: 'interrupted', by }, new DOMException(by.failure.message, 'AbortError'))
      abort.abort(by.error())
      end({ type: 'interrupted', by })
    })
    result.then(
      (value) => end({ type: 'returned', value }),
      (error: unknown) => end(cut ?? { type: 'threw', error }),
    )
  })
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}
