import type { Tail, Trouble } from './tail.ts'

/** Where a line came to stand, without its line feed. */
export interface Place {
  readonly segment: number
  readonly offset: number
  readonly length: number
}

export type Outcome = ({ readonly type: 'stored' } & Place) | Trouble

interface Waiting {
  readonly line: string
  readonly beyond: number
  readonly resolve: (outcome: Outcome) => void
}

/**
 * Group commit: lines that wait at the same moment share one write and one sync, and a lone line waits for no company.
 */
export class Writer {
  readonly #tail: Tail
  #queue: Waiting[] = []
  #draining: Promise<void> | undefined

  constructor(tail: Tail) {
    this.#tail = tail
  }

  /**
   * Writes a line, its line feed included, into a segment after `beyond`. An empty one stores nothing, but tells whether
   * writing works.
   */
  write(line: string, beyond = 0): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#queue.push({ line, beyond, resolve })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // Those who were answered together go on together: a turn of the loop lets all of them come, and takes no time.
      await new Promise((resolve) => setImmediate(resolve))
      const batch = this.#queue
      this.#queue = []
      const bytes = Buffer.from(batch.map(({ line }) => line).join(''))
      deliver(
        batch,
        await this.#tail.append(
          bytes,
          batch.reduce((most, { beyond }) => Math.max(most, beyond), 0),
        ),
      )
    }
    this.#draining = undefined
  }
}

function deliver(batch: readonly Waiting[], outcome: Awaited<ReturnType<Tail['append']>>): void {
  if (outcome.type !== 'stored') {
    for (const { resolve } of batch) resolve(outcome)
    return
  }
  let { offset } = outcome
  for (const { line, resolve } of batch) {
    const length = Buffer.byteLength(line)
    resolve({ type: 'stored', segment: outcome.segment, offset, length: length - 1 })
    offset += length
  }
}
