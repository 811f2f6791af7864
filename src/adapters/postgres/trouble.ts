import { type Clock, messageOf } from '../../base/index.ts'

/** What an error of the client says about the statement it was the answer to. */
export type Trouble =
  /** Another transaction was in the way; nothing was stored. */
  | { readonly type: 'crossed'; readonly cause: string; readonly error: unknown }
  /** The server refused it, or was never reached: nothing was stored. */
  | { readonly type: 'refused'; readonly cause: string; readonly error: unknown; readonly code: string | undefined }
  /** No answer: it may or may not have happened. */
  | { readonly type: 'unknown'; readonly cause: string; readonly error: unknown }

/** Serialization failure, deadlock, lock not available, and a lost race for a unique name. */
const CROSSED = new Set(['40001', '40P01', '55P03', '23505'])
/** The connection was never made: name not found, refused, not accepting, too many, wrong password, no database. */
const NEVER_ASKED = /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|57P03|53300|28...|3D000)$/
/** With a severity: network errors have codes of five letters, too. */
const SQLSTATE = /^[0-9A-Z]{5}$/
/** A server that goes down says so at any moment, also when it has just committed. */
const GOING_DOWN = /^(?:57P0.|08...|XX...|58...)$/

export function troubleOf(error: unknown): Trouble {
  const cause = messageOf(error)
  const { code, severity } = (error ?? {}) as { readonly code?: unknown; readonly severity?: unknown }
  if (typeof code !== 'string') return { type: 'unknown', cause, error }
  if (CROSSED.has(code)) return { type: 'crossed', cause: `${code} ${cause}`, error }
  const isRefusal = NEVER_ASKED.test(code) || (severity !== undefined && SQLSTATE.test(code) && !GOING_DOWN.test(code))
  return isRefusal ? { type: 'refused', cause: `${code} ${cause}`, error, code } : { type: 'unknown', cause, error }
}

/** The same promise, or a rejection once it has taken longer than `ms`. */
export function within<Answer>(clock: Clock, ms: number, asked: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stop = clock.timer(ms, () => reject(new DOMException(`no answer after ${ms} ms`, 'TimeoutError')))
    asked.then(
      (answer) => {
        stop()
        resolve(answer)
      },
      (error: unknown) => {
        stop()
        reject(error)
      },
    )
  })
}
