import { deepEqual } from 'node:assert/strict'
import type { Pool } from 'pg'
import { done, type Rival } from './orders.ts'

const tables = (schema: string): string => `
create schema ${schema};
create table ${schema}.head (id text primary key, version bigint not null, epoch bigint not null, phase text not null) with (fillfactor = 80);
create table ${schema}.record (id text not null, n bigint not null, op text not null, key text, payload text not null, primary key (id, n));
create unique index on ${schema}.record (id, op);
create unique index on ${schema}.record (id, key) where key is not null;
`

const append = (schema: string) => ({
  name: `${schema}_append`,
  text: `with h as (
  update ${schema}.head set version = version + 1, epoch = $4, phase = $5 where id = $1 and version = $2 and epoch = $3 returning version
) insert into ${schema}.record (id, n, op, key, payload) select $1, h.version, $6, $7, $8 from h returning n`,
})

export interface ByHandOptions {
  readonly schema: string
  readonly name: string
  /** Bytes that an append writes besides, half of them with the head and half with the record. */
  readonly ballast: number
}

const LEAN: ByHandOptions = { schema: 'hand', name: 'by hand, one statement an append', ballast: 0 }

/** An append-only journal as one would write it: one statement an append, version and epoch checked, nothing sealed. */
export async function byHand(pool: Pool, options: ByHandOptions = LEAN): Promise<Rival> {
  const { schema, name } = options
  await pool.query(tables(schema))
  const orders = new Map<string, OrderByHand>()
  const flip = async (id: string, turn: number): Promise<void> => {
    let order = orders.get(id)
    if (order === undefined) {
      await pool.query(`insert into ${schema}.head values ($1, 0, 0, $2)`, [id, 'open'])
      orders.set(id, (order = new OrderByHand(pool, id, options)))
    }
    await order.flip(turn)
  }
  return {
    name,
    flip,
    verify: async () => {
      await flip('order-checked', 1)
      const { rows } = await pool.query(
        `select key, payload from ${schema}.record where id = 'order-checked' order by n`,
      )
      const kinds = rows.map(({ key, payload }) => [key, JSON.parse(payload).kind])
      deepEqual(kinds, [
        ['key-1', 'requested'],
        [null, 'stepped'],
        [null, 'stepped'],
        [null, 'stepped'],
      ])
      const { rowCount } = await pool.query(
        `select from ${schema}.head where id = 'order-checked' and phase like 'shipped%'`,
      )
      deepEqual(rowCount, 1)
    },
    close: async () => undefined,
  }
}

class OrderByHand {
  readonly #pool: Pool
  readonly #id: string
  readonly #append: { readonly name: string; readonly text: string }
  readonly #ballast: string
  #version = 0
  #epoch = 0

  constructor(pool: Pool, id: string, { schema, ballast }: ByHandOptions) {
    this.#pool = pool
    this.#id = id
    this.#append = append(schema)
    this.#ballast = 'x'.repeat(ballast / 2)
  }

  async flip(turn: number): Promise<void> {
    const epoch = this.#epoch + 1
    await this.#write(epoch, 'open', { kind: 'requested', flip: 'ship', at: Date.now() }, `key-${turn}`)
    await this.#write(epoch, 'open', { kind: 'stepped', step: 'reserve', output: await done() })
    await this.#write(epoch, 'open', { kind: 'stepped', step: 'charge', output: await done() })
    await this.#write(epoch, 'shipped', { kind: 'stepped', step: 'send', output: await done(), then: 'committed' })
  }

  async #write(epoch: number, phase: string, payload: object, key: string | null = null): Promise<void> {
    const op = `${this.#id}/op-${this.#version}`
    const values = [this.#id, this.#version, this.#epoch, epoch, phase + this.#ballast, op, key, this.#text(payload)]
    const { rowCount } = await this.#pool.query({ ...this.#append, values })
    if (rowCount !== 1) throw new Error('somebody else was faster')
    this.#version += 1
    this.#epoch = epoch
  }

  #text(payload: object): string {
    return JSON.stringify(this.#ballast === '' ? payload : { ...payload, ballast: this.#ballast })
  }
}

/** How many bytes of values a flip sends in each of its four appends, on the average. */
export async function bytesPerAppend(pool: Pool, flipBy: (pool: Pool) => Promise<void>): Promise<number> {
  let bytes = 0
  const query = (...given: [{ readonly values?: readonly unknown[] } | string, (readonly unknown[])?]): unknown => {
    const [statement, values = typeof statement === 'string' ? [] : statement.values] = given
    for (const value of values ?? []) bytes += Buffer.byteLength(String(value ?? ''))
    return (pool.query as (...all: unknown[]) => unknown).apply(pool, given)
  }
  await flipBy(Object.assign(Object.create(pool) as Pool, { query }))
  return bytes / 4
}
