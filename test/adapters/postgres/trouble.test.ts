import pg from 'pg'
import { createGate, isPhasegateError, type Journal, type SubjectRef } from 'phasegate'
import { migrate, type PostgresJournalOptions, postgresJournal } from 'phasegate/postgres'
import postgres from 'postgres'
import { describe, expect, test } from 'vitest'
import { all, appendOf, numbers } from '../../../src/testing/contracts/journal-samples.ts'
import { connection, describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'
import { startProxy, type Where } from '../../servers/proxy.ts'
import { type Effect, shuttle } from './shuttle.ts'

const ONE: SubjectRef = { chart: 'shuttle', id: 'one' }
const PLACES: readonly Where[] = ['before', 'after', 'inside', 'hole']

type Client = 'pg' | 'postgres'
const CLIENTS: readonly Client[] = ['pg', 'postgres']

describeWith('postgres', 'a connection that breaks', (facts) => {
  const through: Readonly<
    Record<Client, (port: number, finished: WhenFinished, options: PostgresJournalOptions) => Journal>
  > = {
    pg: (port, finished, options) => {
      const pool = new pg.Pool({ ...connection(facts), port })
      pool.on('error', () => undefined)
      finished(() => pool.end())
      return postgresJournal(pool, options)
    },
    postgres: (port, finished, options) => {
      const sql = postgres(facts.url.replace(`${facts.port}`, `${port}`), { max: 3, backoff: () => 0.02 })
      finished(() => sql.end({ timeout: 0 }))
      return postgresJournal(sql, options)
    },
  }

  /** A journal whose connections can be broken at an append, and one that goes another way. */
  async function stage(
    whenFinished: WhenFinished,
    options: PostgresJournalOptions & { readonly holeMs?: number; readonly by?: Client } = {},
  ) {
    const { holeMs = 100, by = 'pg', ...given } = options
    const schema = newSchema(whenFinished)
    const direct = postgresPool(whenFinished)
    await migrate(direct, { schema })
    const proxy = await startProxy({ target: facts.port, holeMs })
    whenFinished(async () => proxy.stop())
    const journal = through[by](proxy.port, whenFinished, { schema, ...given })
    await journal.read(ONE)
    /** Breaks the connection of the `nth` append from now on. */
    const cut = (where: Where, nth = 1): Promise<void> => {
      let appends = 0
      return proxy.cutNext(where, (sql) => sql.includes(`insert into ${schema}.record`) && ++appends === nth)
    }
    return { journal, other: postgresJournal(direct, { schema }), cut, proxy }
  }

  const AT = CLIENTS.flatMap((by) => [1, 2, 3, 4].flatMap((append) => PLACES.map((where) => ({ append, where, by }))))

  describe.concurrent('harms no flip', () => {
    test.for(AT)('cut $where, at append $append of 4, by $by', async ({ append, where, by }, { onTestFinished }) => {
      const { journal, other, cut, proxy } = await stage(onTestFinished, { by })
      const effects: Effect[] = []
      const one = createGate(shuttle, { deps: { effects }, journal }).subject('one')
      const done = cut(where, append)
      const first = await one.flip('go', undefined, { key: 'k' })
      await done
      expect(proxy.counts[where]).toBe(1)
      expect(first).toMatchObject({ to: 'there', replayed: false })

      const elsewhere = createGate(shuttle, { deps: { effects }, journal: other }).subject('one')
      expect(await elsewhere.flip('go', undefined, { key: 'k' })).toEqual({ ...first, replayed: true })
      expect(effects.map(({ key }) => key)).toEqual(['a', 'b', 'c'].map((step) => `${first.flipId}:${step}`))
      expect(numbers(await all(other.history(ONE)))).toEqual([1, 2, 3, 4, 5])
    })
  })

  describe.concurrent('leaves an append in doubt, which', () => {
    const CUTS = CLIENTS.flatMap((by) => PLACES.map((where) => ({ by, where })))
    test.for(CUTS)(
      'the next read resolves, and repeating it (cut $where, by $by)',
      async ({ by, where }, { onTestFinished }) => {
        const { journal, cut } = await stage(onTestFinished, { by })
        await journal.append(ONE, appendOf(0))
        const append = appendOf(1)
        void cut(where)
        const error = await journal.append(ONE, append).catch((thrown: unknown) => thrown)
        expect(isPhasegateError(error, 'OUTCOME_UNKNOWN')).toBe(true)
        expect(error).toMatchObject({ facts: { opId: append.opId }, cause: expect.any(Error) })
        const version = (await journal.read(ONE))?.version
        expect(version).toBe(where === 'before' ? 1 : 2)
        await journal.append(ONE, append)
        await journal.append(ONE, append)
        await expect(journal.append(ONE, appendOf(1))).rejects.toMatchObject({ code: 'JOURNAL_CONFLICT' })
        expect(numbers(await all(journal.history(ONE)))).toEqual([1, 2])
      },
    )

    test('all share who shared the statement', async ({ onTestFinished }) => {
      const { journal, cut } = await stage(onTestFinished)
      const appends = ['a', 'b', 'c'].map((id) => [{ ...ONE, id }, appendOf(0)] as const)
      void cut('after')
      const answers = await Promise.allSettled(appends.map(([subject, append]) => journal.append(subject, append)))
      expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
      for (const [subject, append] of appends) {
        expect((await journal.read(subject))?.version).toBe(1)
        await journal.append(subject, append)
      }
    })
  })

  describe.concurrent('without a word', () => {
    test('is waited for as long as `timeout` says, by every question', async ({ onTestFinished }) => {
      const { journal, cut, proxy } = await stage(onTestFinished, { timeout: 250, holeMs: 2_500 })
      await journal.append(ONE, appendOf(0, { lease: { ttlMs: 10_000 } }))
      const asks = {
        read: () => journal.read(ONE),
        append: () => journal.append(ONE, appendOf(1)),
        renew: () => journal.renew(ONE, 1, 1_000),
        settled: () => journal.settled(ONE, 'k'),
        history: () => all(journal.history(ONE)),
        heads: () => all(journal.heads(ONE.chart)),
        abandoned: () => journal.abandoned(ONE.chart, 1),
        due: () => journal.due(ONE.chart, 1),
        stuck: () => journal.stuck(ONE.chart, 1),
        feed: () => journal.feed(undefined, 1),
        tips: () => all(journal.tips()),
        bookmark: () => journal.bookmark('b'),
        moveBookmark: () => journal.moveBookmark('b', undefined, 'x'),
      }
      for (const [name, ask] of Object.entries(asks)) {
        void (name === 'append' ? cut('hole') : proxy.cutNext('hole'))
        const asked = performance.now()
        const code = name === 'append' ? 'OUTCOME_UNKNOWN' : 'JOURNAL_FAILED'
        await expect(ask()).rejects.toMatchObject({ code, message: expect.stringContaining('no answer after 250 ms') })
        expect(performance.now() - asked, name).toBeLessThan(1_000)
      }
    })

    test('does not keep a flip from its end', async ({ onTestFinished }) => {
      const { journal, cut } = await stage(onTestFinished, { timeout: 250, holeMs: 2_500 })
      const effects: Effect[] = []
      const one = createGate(shuttle, { deps: { effects }, journal }).subject('one')
      for (const nth of [1, 2, 3, 4]) void cut('hole', nth)
      expect(await one.flip('go')).toMatchObject({ to: 'there' })
      expect(effects).toHaveLength(3)
    })
  })
})
