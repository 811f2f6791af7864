import { setTimeout as pause } from 'node:timers/promises'
import { createGate, type Subject } from 'phasegate'
import { postgresJournal } from 'phasegate/postgres'
import { connect, type Place } from './database.ts'
import { LAYOUTS, type Layout, type Phase, read, type Version, write } from './layout.ts'
import { migration } from './migration.ts'
import { announce, enter, leave } from './register.ts'

// Writes and reads customers until it is told to stop; then it tells what it has done.

export interface WriterOrders extends Place {
  readonly name: string
  /** How often it looks which phase it is. */
  readonly lookMs: number
  /** Customers 1 to `most` are written and read; some of them are not there at first. */
  readonly most: number
}

/** What a writer has done: what the database has acknowledged, and nothing else. */
export interface Account {
  readonly writes: readonly Version[]
  readonly reads: readonly Version[]
  readonly failures: readonly string[]
}

export type FromWriter =
  | { readonly type: 'follows'; readonly phase: Phase }
  | { readonly type: 'account'; readonly account: Account }

const HANDS = 4
const GIVEN = ['Kim', 'Robin', 'Alex', 'Noor', 'Sam']

class Writer {
  readonly #customers: Subject<Phase>
  readonly #writes: Version[] = []
  readonly #reads: Version[] = []
  readonly #failures: string[] = []
  #isStopping = false

  constructor(customers: Subject<Phase>) {
    this.#customers = customers
  }

  async work(): Promise<Account> {
    await enter(db, orders.name)
    const phase = await this.#customers.phase()
    await this.#tell(phase)
    await Promise.all([this.#follow(phase), ...Array.from({ length: HANDS }, (_, hand) => this.#toil(hand))])
    await leave(db, orders.name)
    return { writes: this.#writes, reads: this.#reads, failures: this.#failures }
  }

  stop(): void {
    this.#isStopping = true
  }

  /** Looks for another phase. What was begun under the one it leaves has ended before it says so. */
  async #follow(first: Phase): Promise<void> {
    for (let followed = first; !this.#isStopping; ) {
      await pause(orders.lookMs)
      const seen = await this.#customers.phase()
      if (seen === followed) continue
      while (this.#customers.permits(followed) > 0) await pause(2)
      await this.#tell(seen)
      followed = seen
    }
  }

  async #tell(phase: Phase): Promise<void> {
    await announce(db, orders.name, phase)
    tell({ type: 'follows', phase })
  }

  async #toil(hand: number): Promise<void> {
    for (let turn = 0; !this.#isStopping; turn++) {
      const phase = this.#customers.lastSeen ?? 'old'
      const permit = this.#customers.admit(phase)
      try {
        await this.#turn(LAYOUTS[phase], hand, turn)
      } catch (error) {
        this.#failures.push(String(error))
      } finally {
        permit.done()
      }
      await pause(Math.random() * 8)
    }
  }

  async #turn(layout: Layout, hand: number, turn: number): Promise<void> {
    const id = 1 + Math.floor(Math.random() * orders.most)
    if (turn % 3 === 2) {
      const found = await read(db, layout, id)
      if (found !== undefined) this.#reads.push(found)
    } else {
      const given = GIVEN[turn % GIVEN.length] ?? ''
      const family = `of ${orders.name} ${hand}.${turn}`
      this.#writes.push(await write(db, layout, { id, given, family }))
    }
  }
}

const orders: WriterOrders = JSON.parse(process.argv[2] ?? '{}')
const tell = (message: FromWriter, then?: () => void): void => void process.send?.(message, then)
const db = connect(orders)
const gate = createGate(migration, {
  deps: { db, halfway: async () => undefined },
  journal: postgresJournal(db, { schema: orders.schema }),
})
const writer = new Writer(gate.subject('customer'))
process.once('message', () => writer.stop()).once('disconnect', () => process.exit(1))
const account = await writer.work()
await gate.close()
await db.end()
tell({ type: 'account', account }, () => process.exit())
