import type { Clock } from '../../base/index.ts'
import type { SubjectRef } from '../../ports/index.ts'
import type { Send } from './client.ts'
import { toStored } from './text.ts'

/** PostgreSQL takes payloads of less than 8,000 bytes. */
const MOST_BYTES = 7_900
/** What changes within this time is told together. */
const GATHER_MS = 20

/** What is told where too much has changed to name it. */
export const MUCH = '*'

/**
 * Tells those who listen which subjects have changed, after the fact: aside from the appends, once in 20 ms at most, and
 * without caring whether it arrives. A NOTIFY within an append would make all commits wait for each other.
 */
export class Announcer {
  readonly #send: Send
  readonly #clock: Clock
  readonly #channel: string
  readonly #changed = new Map<string, SubjectRef>()
  #isGathering = false

  constructor(send: Send, clock: Clock, channel: string) {
    this.#send = send
    this.#clock = clock
    this.#channel = channel
  }

  changed(log: string, subject: SubjectRef): void {
    this.#changed.set(log, subject)
    if (this.#isGathering) return
    this.#isGathering = true
    this.#clock.timer(GATHER_MS, () => void this.#tell(), { background: true })
  }

  async #tell(): Promise<void> {
    const named = JSON.stringify([...this.#changed.values()].map(({ chart, id }) => [toStored(chart), toStored(id)]))
    this.#changed.clear()
    this.#isGathering = false
    const payload = Buffer.byteLength(named) > MOST_BYTES ? MUCH : named
    const statement = { name: 'phasegate_notify', text: 'select pg_notify($1, $2)' }
    // Who misses it finds out when they next look: it is a hint, and the journal is the truth.
    await this.#send(statement, [this.#channel, payload]).catch(() => undefined)
  }
}
