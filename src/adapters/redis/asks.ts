import { type Clock, formatMs, messageOf, PhasegateError, textOf } from '../../base/index.ts'
import type { Send } from './client.ts'
import { Overdue } from './overdue.ts'
import { ALONE, keysOf, type Script, TOGETHER, type What } from './script.ts'

/** One thing that is asked of a script. */
export interface Ask {
  readonly what: What
  readonly resource: string
  readonly key: string
  readonly token: string
  readonly ttlMs: number
}

interface Pending {
  readonly ask: Ask
  readonly resolve: (answer: number) => void
  readonly reject: (error: PhasegateError<'LOCK_FAILED'>) => void
}

/** Redis does nothing else while a script runs; and it can run one while this process looks at the answers of another. */
const MOST_TOGETHER = 16

/** What is asked in one turn of the event loop goes together; nobody waits for company. */
export class Asks {
  readonly #send: Send
  readonly #overdue: Overdue
  readonly #timeoutMs: number
  #pending: Pending[] = []
  #mostTogether = MOST_TOGETHER

  /** Without an answer for `timeoutMs` an ask has failed: a client that is not connected may keep it for ever. */
  constructor(send: Send, clock: Clock, timeoutMs: number) {
    this.#send = send
    this.#overdue = new Overdue(clock, timeoutMs)
    this.#timeoutMs = timeoutMs
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
    const { script, args } = commandOf(batch)
    let isOver = false
    const end = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      stop()
      settle()
    }
    const answered = (answer: unknown): void => end(() => settle(batch, answer))
    const refused = (error: unknown): void => end(() => this.#refused(batch, error))
    const stop = this.#overdue.watch(() => end(() => fail(batch, `no answer within ${formatMs(this.#timeoutMs)}`)))
    this.#send(['EVALSHA', script.sha, ...args]).then(answered, (error) => {
      // What nobody waits for any more must not happen after what was asked later.
      if (isOver || !messageOf(error).startsWith('NOSCRIPT')) return refused(error)
      return this.#send(['EVAL', script.text, ...args]).then(answered, refused)
    })
  }

  /** A cluster takes one resource at a time. It has done nothing then. */
  #refused(batch: readonly Pending[], error: unknown): void {
    const cause = messageOf(error)
    if (batch.length === 1 || !cause.startsWith('CROSSSLOT')) return fail(batch, cause, error)
    this.#mostTogether = 1
    for (const one of batch) this.#deliver([one])
  }
}

function commandOf(batch: readonly Pending[]): { readonly script: Script; readonly args: readonly string[] } {
  const [first] = batch
  if (first !== undefined && batch.length === 1) {
    const { what, key, token, ttlMs } = first.ask
    const keys = keysOf(what, key)
    return { script: ALONE[what], args: [String(keys.length), ...keys, token, String(ttlMs)] }
  }
  const keys: string[] = []
  const args: string[] = []
  for (const { ask } of batch) {
    keys.push(...keysOf(ask.what, ask.key))
    args.push(ask.what, ask.token, String(ask.ttlMs))
  }
  return { script: TOGETHER, args: [String(keys.length), ...keys, ...args] }
}

function settle(batch: readonly Pending[], answer: unknown): void {
  const answers: readonly unknown[] = Array.isArray(answer) ? answer : [answer]
  for (const [index, pending] of batch.entries()) {
    const number = numberOf(answers[index])
    if (number !== undefined) pending.resolve(number)
    else fail([pending], messageOf(answers[index]))
  }
}

/** Some clients are set up to give numbers as text, or as bigints. */
function numberOf(answer: unknown): number | undefined {
  if (Number.isSafeInteger(answer)) return answer as number
  return /^-?\d+$/.test(textOf(answer)) ? Number(answer) : undefined
}

function fail(batch: readonly Pending[], cause: string, error?: unknown): void {
  for (const { ask, reject } of batch) {
    const { resource, what } = ask
    const message = `cannot ${VERBS[what]} "${resource}": ${cause}`
    reject(new PhasegateError('LOCK_FAILED', message, { resource, cause }, { cause: error }))
  }
}

const VERBS: { readonly [Name in What]: string } = {
  take: 'acquire',
  queue: 'acquire',
  leave: 'leave the queue of',
  renew: 'renew the lease on',
  release: 'release',
}
