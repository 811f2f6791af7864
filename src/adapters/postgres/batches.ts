import type { Clock, Stop } from '../../base/index.ts'

export interface BatchesOptions<Ask, Answer> {
  readonly clock: Clock
  /** Answers a batch: one answer an ask, in order, some of them perhaps later. Never rejects. */
  readonly send: (asks: readonly Ask[]) => Promise<readonly (Answer | Promise<Answer>)[]>
  /** Asks of the same name never share a batch. */
  readonly nameOf: (ask: Ask) => string
}

interface Waiting<Ask, Answer> {
  readonly ask: Ask
  readonly resolve: (answer: Answer | Promise<Answer>) => void
}

/** What shares a statement is not more than this. */
const MOST_TOGETHER = 256
/** A batch that has taken so long may be waiting for a lock that somebody holds: others do not wait with it. */
const SLOW_MS = 50
const MOST_SLOW = 3

/**
 * Group commit. What is asked while a statement is under way shares the next one; what is asked while there is none is
 * sent at once, with whatever was asked in the same turn of the event loop. Nobody waits for company.
 */
export class Batches<Ask, Answer> {
  readonly #options: BatchesOptions<Ask, Answer>
  #queue: Waiting<Ask, Answer>[] = []
  #isBusy = false
  #slow = 0

  constructor(options: BatchesOptions<Ask, Answer>) {
    this.#options = options
  }

  ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve) => {
      this.#queue.push({ ask, resolve })
      this.#sendSoon()
    })
  }

  /** Those who were answered together go on together: the tick comes when all of them have gone on who could. */
  #sendSoon(): void {
    if (this.#isBusy || this.#queue.length === 0) return
    this.#isBusy = true
    process.nextTick(() => void this.#sendNow())
  }

  async #sendNow(): Promise<void> {
    const batch = this.#takeBatch()
    const end = this.#occupy()
    const answers = await this.#options.send(batch.map(({ ask }) => ask))
    end()
    for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer | Promise<Answer>)
    this.#sendSoon()
  }

  /** Lets others go while this batch is slow. What is returned ends it. */
  #occupy(): Stop {
    let isSlow = false
    let stop: Stop
    const look = (): void => {
      stop = this.#options.clock.timer(SLOW_MS, () => {
        if (this.#slow === MOST_SLOW) return look()
        isSlow = true
        this.#slow += 1
        this.#isBusy = false
        this.#sendSoon()
      })
    }
    look()
    return () => {
      stop()
      if (isSlow) this.#slow -= 1
      else this.#isBusy = false
    }
  }

  #takeBatch(): readonly Waiting<Ask, Answer>[] {
    const names = new Set<string>()
    const batch: Waiting<Ask, Answer>[] = []
    const rest: Waiting<Ask, Answer>[] = []
    for (const waiting of this.#queue) {
      const name = this.#options.nameOf(waiting.ask)
      if (batch.length === MOST_TOGETHER || names.has(name)) rest.push(waiting)
      else {
        names.add(name)
        batch.push(waiting)
      }
    }
    this.#queue = rest
    return batch
  }
}
