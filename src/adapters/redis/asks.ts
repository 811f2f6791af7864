import { type Clock, formatMs, messageOf, PhasegateError } from '../../base/index.ts'
import type { Send } from './client.ts'
import { SCRIPT, SHA } from './script.ts'

/** One thing that is asked of the script. */
export interface Ask {
  readonly what: 'take' | 'queue' | 'leave' | 'renew' | 'release'
  readonly resource: string
  readonly keys: readonly string[]
  readonly token: string
  readonly ttlMs: number
}

export interface AsksOptions {
  readonly send: Send
  readonly clock: Clock
  /** How long an answer may take: a client that is not connected may keep what it is asked for ever. */
  readonly timeoutMs: number
}

interface Pending {
  readonly ask: Ask
  readonly resolve: (answer: number) => void
  readonly reject: (error: PhasegateError<'LOCK_FAILED'>) => void
}

/** Redis does nothing else while a script runs. */
const MOST_TOGETHER = 100

/** What is asked in one turn of the event loop goes together, in one script; nobody waits for company. */
export class Asks {
  readonly #options: AsksOptions
  #pending: Pending[] = []
  #mostTogether = MOST_TOGETHER

  constructor(options: AsksOptions) {
    this.#options = options
  }

  /** @throws LOCK_FAILED when Redis refuses, cannot be reached, or does not answer in time */
  ask(ask: Ask): Promise<number> {
    return new Promise((resolve, reject) => {
      // The tick comes when everything has gone on that could: then all have asked who will in this turn.
      if (this.#pending.push({ ask, resolve, reject }) === 1) process.nextTick(() => this.#flush())
    })
  }

  #flush(): void {
    const pending = this.#pending
    this.#pending = []
    if (pending.length <= this.#mostTogether) return this.#deliver(pending)
    for (let at = 0; at < pending.length; at += this.#mostTogether)
      this.#deliver(pending.slice(at, at + this.#mostTogether))
  }

  #deliver(batch: readonly Pending[]): void {
    const { clock, timeoutMs } = this.#options
    let isOver = false
    const end = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      stop()
      settle()
    }
    const stop = clock.timer(timeoutMs, () => end(() => fail(batch, `no answer within ${formatMs(timeoutMs)}`)))
    this.#run(batch, () => isOver).then(
      (answers) => end(() => settle(batch, answers)),
      (error) => end(() => this.#refused(batch, error)),
    )
  }

  async #run(batch: readonly Pending[], isOver: () => boolean): Promise<unknown> {
    const { send } = this.#options
    const args = argsOf(batch)
    try {
      return await send('EVALSHA', [SHA, ...args])
    } catch (error) {
      // What nobody waits for any more must not happen after what was asked later.
      if (isOver() || !messageOf(error).startsWith('NOSCRIPT')) throw error
      return send('EVAL', [SCRIPT, ...args])
    }
  }

  /** A cluster takes one resource at a time. It has done nothing then. */
  #refused(batch: readonly Pending[], error: unknown): void {
    const cause = messageOf(error)
    if (batch.length === 1 || !cause.startsWith('CROSSSLOT')) return fail(batch, cause, error)
    this.#mostTogether = 1
    for (const one of batch) this.#deliver([one])
  }
}

/** The number of keys, the keys, and three arguments an ask. */
function argsOf(batch: readonly Pending[]): readonly string[] {
  const keys: string[] = []
  const args: string[] = []
  for (const { ask } of batch) {
    keys.push(...ask.keys)
    args.push(ask.what, ask.token, String(ask.ttlMs))
  }
  return [String(keys.length), ...keys, ...args]
}

function settle(batch: readonly Pending[], answers: unknown): void {
  if (!Array.isArray(answers) || answers.length !== batch.length) return fail(batch, 'an answer that is none of ours')
  for (const [index, pending] of batch.entries()) {
    // Some clients are set up to give numbers as text.
    const answer = Number(answers[index])
    if (Number.isSafeInteger(answer)) pending.resolve(answer)
    else fail([pending], messageOf(answers[index]))
  }
}

function fail(batch: readonly Pending[], cause: string, error?: unknown): void {
  for (const { ask, reject } of batch) {
    const { resource, what } = ask
    const message = `cannot ${what} the lease on "${resource}": ${cause}`
    reject(new PhasegateError('LOCK_FAILED', message, { resource, cause }, { cause: error }))
  }
}
