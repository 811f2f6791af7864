import { randomUUID } from 'node:crypto'
import { callable, type Duration, known, limit, PhasegateError, sleep, systemClock } from '../../base/index.ts'
import type { Clock, Lease, Lock } from '../../ports/index.ts'
import { busy } from '../resident/index.ts'
import { databaseOf, type PgPool, type PostgresSql, type Row, type Send, type Value } from './client.ts'
import { parseName } from './schema.ts'
import { type Statements, statementsOf } from './statements.ts'
import { toStored } from './text.ts'
import { troubleOf, within } from './trouble.ts'

export interface PostgresLockOptions {
  /** Where `migrate` has made the tables. @default 'phasegate' */
  readonly schema?: string | undefined
  /** How long to wait for an answer of the database. @default '5s' */
  readonly timeout?: Duration | undefined
  /** For its own patience; leases are judged by the clock of the database. @default the clock of this machine */
  readonly clock?: Clock | undefined
  /** Chance, for the pauses between two looks: 0 ≤ x < 1. @default Math.random */
  readonly random?: (() => number) | undefined
}

/**
 * A lock by lease rows in a PostgreSQL that `migrate` has prepared. Who waits looks again and again: it is not first come,
 * first served.
 *
 * @example createGate(upgrade, { journal: postgresJournal(pool), lock: postgresLock(pool) })
 */
export function postgresLock(client: PgPool | Pick<PostgresSql, 'unsafe'>, options?: PostgresLockOptions): Lock {
  const given = known(options, 'postgresLock options', ['schema', 'timeout', 'clock', 'random'])
  const clock = (given.clock as Clock | undefined) ?? systemClock
  return new LeaseRows({
    send: databaseOf(client, clock).send,
    statements: statementsOf(parseName(given.schema, 'schema', 'phasegate')),
    clock,
    timeoutMs: limit(given.timeout, 'timeout', '5s'),
    random: given.random === undefined ? Math.random : callable<() => number>(given.random, 'random'),
  })
}

interface Settings {
  readonly send: Send
  readonly statements: Statements
  readonly clock: Clock
  readonly timeoutMs: number
  readonly random: () => number
}

type AcquireOptions = Parameters<Lock['acquire']>[1]

/** The wait between two looks: it grows, and is jittered by half. */
const LOOK = { firstMs: 10, mostMs: 250 }

class LeaseRows implements Lock {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async acquire(resource: string, { ttlMs, waitMs, signal }: AcquireOptions): Promise<Lease> {
    const { clock, random } = this.#settings
    // One name an acquire: an answer that was lost does not keep its own asker out.
    const holder = randomUUID()
    const since = clock.monotonic()
    for (let pauseMs = LOOK.firstMs; ; pauseMs = Math.min(LOOK.mostMs, pauseMs * 2)) {
      signal?.throwIfAborted()
      const [row] = await this.#take(resource, holder, ttlMs)
      if (row !== undefined) return this.#lease(resource, holder, Number(row.epoch))
      const leftMs = waitMs - (clock.monotonic() - since)
      if (leftMs <= 0) throw busy(resource, clock.monotonic() - since)
      await sleep(clock, Math.min(leftMs, pauseMs * (0.5 + random())), { signal })
    }
  }

  /** Where no answer came it may yet be held, by nobody who knows: it is given back if that can be done. */
  async #take(resource: string, holder: string, ttlMs: number): Promise<readonly Row[]> {
    const { acquire, release } = this.#settings.statements
    try {
      return await this.#ask(resource, acquire, [toStored(resource), holder, ttlMs])
    } catch (error) {
      void this.#ask(resource, release, [toStored(resource), holder]).catch(() => undefined)
      throw error
    }
  }

  #lease(resource: string, holder: string, epoch: number): Lease {
    const { prolong, release } = this.#settings.statements
    const name = toStored(resource)
    let isLost = false
    return {
      resource,
      epoch,
      renew: async (ttlMs) => {
        isLost ||= (await this.#ask(resource, prolong, [name, holder, ttlMs])).length === 0
        return !isLost
      },
      release: async () => {
        await this.#ask(resource, release, [name, holder])
      },
    }
  }

  /** @throws LOCK_FAILED */
  async #ask(resource: string, statement: Parameters<Send>[0], values: readonly Value[]): Promise<readonly Row[]> {
    const { send, clock, timeoutMs } = this.#settings
    try {
      return await within(clock, timeoutMs, send(statement, values))
    } catch (error) {
      const { cause } = troubleOf(error)
      const message = `PostgreSQL could not answer for resource "${resource}": ${cause}`
      throw new PhasegateError('LOCK_FAILED', message, { resource, cause }, { cause: error })
    }
  }
}
