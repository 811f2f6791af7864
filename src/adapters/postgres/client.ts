import { type Clock, refuse, sleep } from '../../base/index.ts'

// The two clients that this adapter works with, described by what it uses of them. Values go out as text and numbers,
// lists as PostgreSQL's own array text: no client's way of typing parameters has a say.

export type Value = string | number | boolean | null
export type Row = Readonly<Record<string, unknown>>

/** A statement, and the name under which a connection keeps it prepared. */
export interface Statement {
  readonly name: string
  readonly text: string
}

interface PgQuery {
  readonly text: string
  readonly name?: string
  readonly values?: unknown[]
}

interface PgAnswer {
  readonly rows: readonly Row[]
}

/** A connection that `pg` has lent from its pool. */
export interface PgClient {
  query(query: PgQuery): Promise<PgAnswer>
  release(destroy?: boolean | Error): void
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/** A `Pool` of `pg`. */
export interface PgPool<Client extends PgClient = PgClient> {
  query(query: PgQuery): Promise<PgAnswer>
  connect(): Promise<Client>
  connect(callback: (error: Error | undefined, client: Client | undefined) => void): void
}

/** What porsager's `postgres()` returns. */
export interface PostgresSql<Tx = never> {
  unsafe(query: string, values?: never[], options?: { prepare?: boolean }): PromiseLike<readonly Row[]>
  begin(options: string, work: (tx: Tx) => Promise<unknown>): Promise<unknown>
}

/** Sends one statement. */
export type Send = (statement: Statement, values: readonly Value[]) => Promise<readonly Row[]>

/** What happens in a transaction, before it commits: `tx` is what the client calls one. */
type Work<Tx> = (tx: Tx, send: Send) => Promise<void>

/** A database, whichever client it is reached by. */
export interface Database<Tx> {
  readonly send: Send
  /** Several statements without values, which PostgreSQL runs as one transaction. */
  script(text: string): Promise<unknown>
  /**
   * Commits what `work` did, or takes it back when `work` rejects; then `tx` serves nobody any more. `committing` is
   * called when only the commit is left to be asked for: what fails from there on may have happened.
   */
  transaction(work: Work<Tx>, committing: () => void): Promise<void>
}

/** @throws OPTION_INVALID unless `client` is one of the two */
export function databaseOf<Tx>(client: unknown, clock: Clock): Database<Tx> {
  const given = client as Partial<PgPool & PostgresSql> | null | undefined
  if (typeof given?.unsafe === 'function' && typeof given.begin === 'function')
    return new PostgresDatabase<Tx>(given as unknown as PostgresSql<Tx>)
  if (typeof given?.query === 'function' && typeof given.connect === 'function')
    return new PgDatabase(given as unknown as PgPool<Tx & PgClient>, clock)
  return refuse('the client', client, 'a Pool of pg, or what postgres() returns')
}

/** How long taking back may take, before the connection is closed without it. */
const ROLLBACK_MS = 1_000

class PgDatabase<Tx> implements Database<Tx> {
  readonly #pool: PgPool<Tx & PgClient>
  readonly #clock: Clock
  readonly send: Send

  constructor(pool: PgPool<Tx & PgClient>, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
    this.send = sending(pool)
  }

  script(text: string): Promise<unknown> {
    return this.#pool.query({ text })
  }

  async transaction(work: Work<Tx>, committing: () => void): Promise<void> {
    const client = await checkOut(this.#pool)
    const lent = lendClient(client)
    let isSpent = true
    try {
      await client.query({ text: 'begin' })
      try {
        await work(lent.tx, sending(client))
      } finally {
        // Before anything else is sent: what came after the end of the transaction would be committed by itself.
        lent.end()
      }
      committing()
      await client.query({ text: 'commit' })
      isSpent = false
    } catch (error) {
      const rollback = client.query({ text: 'rollback' }).catch(ignore)
      await Promise.race([rollback, sleep(this.#clock, ROLLBACK_MS, { background: true })])
      throw error
    } finally {
      // What failed may still be using its connection: closed, that harms nobody.
      client.release(isSpent)
      if (!isSpent) client.removeListener('error', ignore)
    }
  }
}

const ignore = (): void => undefined

/** What gives a connection away. */
interface Lender<Client> {
  connect(): Promise<Client>
  connect(callback: (error: Error | undefined, client: Client | undefined) => void): void
}

/**
 * A connection with a listener from its first moment: one that breaks while nobody asks anything would end the process. A
 * promise tells of it a moment too late; it serves where somebody has wrapped the pool and knows no callbacks.
 */
export function checkOut<Client extends { on(event: 'error', listener: () => void): unknown }>(
  pool: Lender<Client>,
): Promise<Client> {
  return new Promise((resolve, reject) => {
    const lent = (client: Client): void => {
      client.on('error', ignore)
      resolve(client)
    }
    const promised: unknown = pool.connect((error: Error | undefined, client: Client | undefined) => {
      if (client === undefined) reject(error)
      else lent(client)
    })
    if (promised instanceof Promise) promised.then(lent, reject)
  })
}

/** A connection that refuses to be used once its transaction has ended. */
function lendClient<Client extends PgClient>(client: Client): { readonly tx: Client; end(): void } {
  const loan = new Loan()
  const tx = new Proxy(client, {
    get(target, name) {
      loan.check()
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        loan.check()
        return Reflect.apply(value, target, given)
      }
    },
  })
  return { tx, end: () => loan.end() }
}

function sending(by: { query(query: PgQuery): Promise<PgAnswer> }): Send {
  return async ({ name, text }, values) => (await by.query({ name, text, values: values as Value[] })).rows
}

class PostgresDatabase<Tx> implements Database<Tx> {
  readonly #sql: PostgresSql<Tx>
  readonly send: Send

  constructor(sql: PostgresSql<Tx>) {
    this.#sql = sql
    this.send = sendingUnsafe(sql)
  }

  async script(text: string): Promise<unknown> {
    return this.#sql.unsafe(text)
  }

  async transaction(work: Work<Tx>, committing: () => void): Promise<void> {
    await this.#sql.begin('', async (tx) => {
      const lent = lend(tx as Tx & object)
      try {
        await work(lent.tx, sendingUnsafe(tx as unknown as PostgresSql))
      } finally {
        lent.end()
      }
      committing()
    })
  }
}

function sendingUnsafe(sql: Pick<PostgresSql, 'unsafe'>): Send {
  return async ({ text }, values) => sql.unsafe(text, values as never[], { prepare: true })
}

/** A transaction that refuses to be used once it has ended: its connection goes on to serve others. */
function lend<Tx extends object>(tx: Tx): { readonly tx: Tx; end(): void } {
  const loan = new Loan()
  const guarded = new Proxy(tx, {
    apply(target, self, args) {
      loan.check()
      return Reflect.apply(target as unknown as (...given: unknown[]) => unknown, self, args)
    },
    get(target, name, receiver) {
      loan.check()
      return Reflect.get(target, name, receiver)
    },
  })
  return { tx: guarded, end: () => loan.end() }
}

class Loan {
  #hasEnded = false

  /** @throws OPTION_INVALID once it has ended */
  check(): void {
    if (this.#hasEnded) refuse('the transaction', 'one that has ended', 'used only until its step has ended')
  }

  end(): void {
    this.#hasEnded = true
  }
}
