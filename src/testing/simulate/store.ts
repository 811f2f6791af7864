import type { Append, Clock, Journal, JournalRecord, Lock } from '../../ports/index.ts'

/** What the processes of a simulation share: the journal and the lock, and the time in which leases run out. */
export class Store {
  readonly journal: Journal
  readonly lock: Lock
  readonly clock: Clock
  readonly #told: (record: JournalRecord) => void
  #asked = 0

  /** `told` hears of every record once it is stored. */
  constructor(ports: Pick<Store, 'journal' | 'lock' | 'clock'>, told: (record: JournalRecord) => void) {
    this.journal = ports.journal
    this.lock = ports.lock
    this.clock = ports.clock
    this.#told = told
  }

  /** Whether it owes somebody an answer: a real one takes real time for it. */
  get isAsked(): boolean {
    return this.#asked > 0
  }

  async asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
    this.#asked++
    try {
      return await answer
    } finally {
      this.#asked--
    }
  }

  /** What a transaction waits for meanwhile is no answer of the store: its process may be asleep. */
  async meanwhile<Answer>(work: Promise<Answer>): Promise<Answer> {
    this.#asked--
    try {
      return await work
    } finally {
      this.#asked++
    }
  }

  stored({ records }: Append): void {
    for (const record of records) this.#told(record)
  }
}
