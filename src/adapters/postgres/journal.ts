import { type Duration, flag, known, limit, systemClock } from '../../base/index.ts'
import type {
  Append,
  ChainTip,
  Clock,
  FeedPage,
  Head,
  SealedRecord,
  Settled,
  SubjectRef,
  TransactionalJournal,
} from '../../ports/index.ts'
import { closed } from '../resident/index.ts'
import { headSchema, settledSchema } from '../stored/index.ts'
import { Announcer } from './announce.ts'
import { Appends, failed } from './appends.ts'
import {
  type Database,
  databaseOf,
  type PgClient,
  type PgPool,
  type PostgresSql,
  type Row,
  type Statement,
  type Value,
} from './client.ts'
import { checkFitness } from './fitness.ts'
import { Follower } from './follower.ts'
import { type Ask, Renewals } from './renewals.ts'
import { parseName } from './schema.ts'
import { type Statements, statementsOf } from './statements.ts'
import { fromStored, toStored } from './text.ts'
import { Transactions } from './transactions.ts'
import { troubleOf, within } from './trouble.ts'

export interface PostgresJournalOptions {
  /** Where `migrate` has made the tables. @default 'phasegate' */
  readonly schema?: string | undefined
  /** How long to wait for an answer of the database. @default '5s' */
  readonly timeout?: Duration | undefined
  /** Tell `watchPostgres` of every write, soon after it, by a statement of its own. @default false */
  readonly notify?: boolean | undefined
  /** For its own patience; leases are judged by the clock of the database. @default the clock of this machine */
  readonly clock?: Clock | undefined
}

/** A journal in PostgreSQL. `Tx` is what the client calls a transaction: what `transact` steps get. */
export interface PostgresJournal<Tx> extends TransactionalJournal<Tx> {
  /** Looks whether the tables are there and fit, which the first operation does otherwise. @throws JOURNAL_UNFIT */
  open(): Promise<void>
}

/**
 * A journal for many processes and machines, in a PostgreSQL that `migrate` has prepared. The pool stays yours: closing the
 * journal does not end it.
 *
 * @example const gate = createGate(upgrade, { journal: postgresJournal(new Pool()) })
 */
export function postgresJournal<Client extends PgClient>(
  pool: PgPool<Client>,
  options?: PostgresJournalOptions,
): PostgresJournal<Client>
export function postgresJournal<Tx>(sql: PostgresSql<Tx>, options?: PostgresJournalOptions): PostgresJournal<Tx>
export function postgresJournal(client: unknown, options?: PostgresJournalOptions): PostgresJournal<unknown> {
  const given = known(options, 'postgresJournal options', ['schema', 'timeout', 'notify', 'clock'])
  const clock = (given.clock as Clock | undefined) ?? systemClock
  return new LiveJournal({
    database: databaseOf(client, clock),
    schema: parseName(given.schema, 'schema', 'phasegate'),
    clock,
    timeoutMs: limit(given.timeout, 'timeout', '5s'),
    notify: flag(given.notify, 'notify'),
  })
}

interface Settings {
  readonly database: Database<unknown>
  readonly schema: string
  readonly clock: Clock
  readonly timeoutMs: number
  readonly notify: boolean
}

type State = 'unchecked' | 'open' | 'closed'

/** What is read at a time where there may be much. */
const PAGE = 500

class LiveJournal implements PostgresJournal<unknown> {
  readonly #settings: Settings
  readonly #statements: Statements
  readonly #appends: Appends
  readonly #transactions: Transactions
  readonly #follower: Follower
  readonly #renewals: Renewals
  #state: State = 'unchecked'
  /** While it is asked whether the tables are fit: who comes meanwhile waits for the same answer. */
  #checking: Promise<void> | undefined

  constructor(settings: Settings) {
    this.#settings = settings
    const { database, schema, clock, timeoutMs } = settings
    this.#statements = statementsOf(schema)
    this.#appends = new Appends({
      send: database.send,
      statements: this.#statements,
      clock,
      timeoutMs,
      announcer: settings.notify ? new Announcer(database.send, clock, schema) : undefined,
    })
    this.#transactions = new Transactions({ database, appends: this.#appends, clock, timeoutMs })
    const ask: Ask = (operation, statement, values) => this.#ask(operation, statement, values)
    this.#follower = new Follower({ schema, statements: this.#statements, ask })
    this.#renewals = new Renewals({ clock, statements: this.#statements, ask })
  }

  async open(): Promise<void> {
    await this.#ready('open')
  }

  async read(subject: SubjectRef): Promise<Head | undefined> {
    const [row] = await this.#ask('read', this.#statements.read, names(subject))
    if (row === undefined) return undefined
    this.#appends.sawTip(subject, Number(row.version), String(row.tip))
    return headSchema.parse(JSON.parse(String(row.head)))
  }

  async append(subject: SubjectRef, append: Append): Promise<void> {
    if (this.#state !== 'open') await this.#ready('append')
    return this.#appends.append(subject, append)
  }

  async transact(subject: SubjectRef, work: (tx: unknown) => Promise<Append>): Promise<void> {
    if (this.#state !== 'open') await this.#ready('transact')
    return this.#transactions.run(subject, work)
  }

  async renew(subject: SubjectRef, epoch: number, ttlMs: number): Promise<boolean> {
    if (this.#state !== 'open') await this.#ready('renew')
    return this.#renewals.renew({ subject, epoch, ttlMs })
  }

  async settled(subject: SubjectRef, key: string): Promise<Settled | undefined> {
    const [row] = await this.#ask('settled', this.#statements.settled, [...names(subject), key])
    return row === undefined ? undefined : settledSchema.parse(JSON.parse(String(row.settled)))
  }

  async *history(
    subject: SubjectRef,
    range: { readonly from?: number; readonly to?: number } = {},
  ): AsyncIterable<SealedRecord> {
    const to = range.to ?? Number.MAX_SAFE_INTEGER
    for (let from = range.from ?? 1; ; ) {
      const rows = await this.#ask('history', this.#statements.history, [...names(subject), from, to, PAGE])
      for (const { header, payload, hash } of rows)
        yield { header: String(header), payload: String(payload), hash: String(hash) }
      if (rows.length < PAGE) return
      // Not by counting: where a record was deleted, those behind it would come twice.
      from = Number(rows.at(-1)?.n) + 1
    }
  }

  async *heads(chart: string): AsyncIterable<{ readonly id: string; readonly head: Head }> {
    for (let last = ''; ; ) {
      const rows = await this.#ask('heads', this.#statements.heads, [toStored(chart), last, PAGE])
      for (const row of rows) {
        last = String(row.id)
        yield { id: fromStored(last), head: headSchema.parse(JSON.parse(String(row.head))) }
      }
      if (rows.length < PAGE) return
    }
  }

  abandoned(chart: string, limit: number, id?: string): Promise<readonly string[]> {
    const { abandoned, isAbandoned } = this.#statements
    return id === undefined
      ? this.#ids('abandoned', abandoned, [toStored(chart), limit])
      : this.#ids('abandoned', isAbandoned, [toStored(chart), toStored(id)])
  }

  due(chart: string, limit: number): Promise<readonly string[]> {
    return this.#ids('due', this.#statements.due, [toStored(chart), limit])
  }

  stuck(chart: string, limit: number): Promise<readonly string[]> {
    return this.#ids('stuck', this.#statements.stuck, [toStored(chart), limit])
  }

  feed(after: string | undefined, limit: number): Promise<FeedPage> {
    return this.#follower.feed(after, limit)
  }

  tips(): AsyncIterable<ChainTip> {
    return this.#follower.tips()
  }

  bookmark(name: string): Promise<string | undefined> {
    return this.#follower.bookmark(name)
  }

  moveBookmark(name: string, from: string | undefined, to: string): Promise<boolean> {
    return this.#follower.moveBookmark(name, from, to)
  }

  close(): Promise<void> {
    this.#state = 'closed'
    return Promise.resolve()
  }

  async #ids(operation: string, statement: Statement, values: readonly Value[]): Promise<readonly string[]> {
    return (await this.#ask(operation, statement, values)).map(({ id }) => fromStored(String(id)))
  }

  /** @throws JOURNAL_CLOSED, JOURNAL_UNFIT, JOURNAL_FAILED */
  async #ask(operation: string, statement: Statement, values: readonly Value[]): Promise<readonly Row[]> {
    if (this.#state !== 'open') await this.#ready(operation)
    const { clock, timeoutMs, database } = this.#settings
    try {
      return await within(clock, timeoutMs, database.send(statement, values))
    } catch (error) {
      throw failed(operation, troubleOf(error).cause, error)
    }
  }

  async #ready(operation: string): Promise<void> {
    if (this.#state === 'closed') throw closed(operation)
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined
    })
    await this.#checking
    if (this.#state === 'unchecked') this.#state = 'open'
  }

  #check(): Promise<void> {
    const { clock, timeoutMs, database, schema } = this.#settings
    return checkFitness(schema, (statement) => within(clock, timeoutMs, database.send(statement, [])), this.#statements)
  }
}

function names({ chart, id }: SubjectRef): readonly [string, string] {
  return [toStored(chart), toStored(id)]
}
