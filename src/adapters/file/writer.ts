import type { Tail, Trouble } from './tail.ts'

/** Where a line came to stand, without its line feed. */
export interface Place {
  readonly segment: number
  readonly offset: number
  readonly length: number
}

export type Outcome = ({ readonly type: 'stored' } & Place) | Trouble

interface Waiting {
  readonly bytes: Uint8Array
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

  /** Writes a line, its line feed included. An empty one stores nothing, but tells whether writing works. */
  write(line: string): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#queue.push({ bytes: Buffer.from(line), resolve })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    // Who was called in the same turn as the first is taken along.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      const outcome = await this.#tail.append(Buffer.concat(batch.map(({ bytes }) => bytes)))
      deliver(batch, outcome)
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
  for (const { bytes, resolve } of batch) {
    resolve({ type: 'stored', segment: outcome.segment, offset, length: bytes.length - 1 })
    offset += bytes.length
  }
}
