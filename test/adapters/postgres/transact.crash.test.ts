import { fork } from 'node:child_process'
import { once } from 'node:events'
import type pg from 'pg'
import { createGate, type JournalRecord } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { describe, expect, test } from 'vitest'
import { workerFile } from '../../processes/bundle.ts'
import { connection, describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'
import type { PostgresFacts } from '../../servers/postgres.ts'
import { stock } from './stock.ts'
import type { StockOrders } from './stock-worker.ts'

/** Packs an order in a process of its own; how many statements that took, unless it died. */
async function pack(orders: StockOrders): Promise<number | 'SIGKILL'> {
  const child = fork(workerFile('packer'), [JSON.stringify(orders)], { execArgv: [] })
  let statements = 0
  child.on('message', (message: { readonly statements: number }) => (statements = message.statements))
  await once(child, 'exit')
  return child.signalCode === 'SIGKILL' ? 'SIGKILL' : statements
}

async function warehouse(whenFinished: WhenFinished) {
  const schema = newSchema(whenFinished)
  const pool = postgresPool(whenFinished)
  await migrate(pool, { schema })
  // Without a key: a step that is done twice shows.
  await pool.query(`create table ${schema}.taken (n bigint generated always as identity, step_key text, epoch bigint)`)
  return { schema, pool }
}

/** What is in the users' table, and what is in the journal: the step of each, in order. */
async function bothSides(pool: pg.Pool, schema: string) {
  const { rows } = await pool.query<{ step_key: string }>(`select step_key from ${schema}.taken order by n`)
  const gate = createGate(stock, { deps: { schema, failing: false }, journal: postgresJournal(pool, { schema }) })
  const recorded: JournalRecord[] = []
  for await (const record of gate.subject('order').history()) recorded.push(record)
  const steps = recorded.flatMap((record) => {
    if (record.kind === 'stepped') return [record.step]
    return record.kind === 'undone' ? [`${record.step}:undo`] : []
  })
  return { taken: rows.map(({ step_key: key }) => key.slice(key.indexOf(':') + 1)), steps, recorded }
}

async function crashEverywhere(facts: PostgresFacts, failing: boolean, expected: readonly string[]): Promise<void> {
  const cleaning: (() => Promise<void>)[] = []
  const orders = async (): Promise<StockOrders & { readonly pool: pg.Pool }> => {
    const { schema, pool } = await warehouse((clean) => cleaning.unshift(clean))
    return { connection: connection(facts), schema, failing, pool }
  }
  try {
    const { pool: _, ...untroubled } = await orders()
    const statements = await pack(untroubled)
    if (statements === 'SIGKILL') throw new Error('the worker died unasked')
    expect(statements).toBeGreaterThan(8)
    const points = Array.from({ length: statements }, (_, n) => n + 1).flatMap((statement) => [
      { when: 'before' as const, statement },
      { when: 'after' as const, statement },
    ])
    const next = points.values()
    const lane = async (): Promise<void> => {
      for (const die of next) await crashAt(await orders(), die, expected)
    }
    await Promise.all([lane(), lane(), lane()])
  } finally {
    for (const clean of cleaning) await clean()
  }
}

async function crashAt(
  { pool, ...orders }: StockOrders & { readonly pool: pg.Pool },
  die: NonNullable<StockOrders['die']>,
  expected: readonly string[],
): Promise<void> {
  const where = `${die.when} statement ${die.statement}`
  const { schema, failing } = orders
  expect(await pack({ ...orders, die }), where).toBe('SIGKILL')
  const crashed = await bothSides(pool, schema)
  expect(crashed.taken, where).toEqual(crashed.steps)

  await pool.query(`update ${schema}.head set lease_until = '-infinity'`)
  const gate = createGate(stock, { deps: { schema, failing }, journal: postgresJournal(pool, { schema }) })
  await gate.recover()
  const { safeFlip } = gate.subject('order')
  if (crashed.recorded.length === 0) await safeFlip.call(gate.subject('order'), 'pack', undefined, { key: 'k' })
  const recovered = await bothSides(pool, schema)
  expect(recovered.taken, where).toEqual(expected)
  expect(recovered.steps, where).toEqual(expected)
  await gate.close()
}

describeWith('postgres', 'kill -9 at every statement of a flip of transact steps', (facts) => {
  describe.concurrent('and', () => {
    test('forwards: rows and checkpoint are there both or neither, and each once in the end', async () => {
      await crashEverywhere(facts, false, ['shelf', 'box'])
    }, 120_000)

    test('going back: an undo and its record are there both or neither, and each once in the end', async () => {
      await crashEverywhere(facts, true, ['shelf', 'shelf:undo'])
    }, 120_000)
  })
})
