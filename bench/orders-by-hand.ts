import { deepEqual } from 'node:assert/strict'
import type { Pool } from 'pg'
import { done, type Rival } from './orders.ts'

const TABLES = `
create schema hand;
create table hand.head (id text primary key, version bigint not null, epoch bigint not null, phase text not null) with (fillfactor = 80);
create table hand.record (id text not null, n bigint not null, op text not null, key text, payload text not null, primary key (id, n));
create unique index on hand.record (id, op);
create unique index on hand.record (id, key) where key is not null;
`

const APPEND = {
  name: 'hand_append',
  text: `with h as (
  update hand.head set version = version + 1, epoch = $4, phase = $5 where id = $1 and version = $2 and epoch = $3 returning version
) insert into hand.record (id, n, op, key, payload) select $1, h.version, $6, $7, $8 from h returning n`,
}

/** An append-only journal as one would write it: one statement an append, version and epoch checked, nothing sealed. */
export async function byHand(pool: Pool): Promise<Rival> {
  await pool.query(TABLES)
  const orders = new Map<string, OrderByHand>()
  const flip = async (id: string, turn: number): Promise<void> => {
    let order = orders.get(id)
    if (order === undefined) {
      await pool.query('insert into hand.head values ($1, 0, 0, $2)', [id, 'open'])
      orders.set(id, (order = new OrderByHand(pool, id)))
    }
    await order.flip(turn)
  }
  return {
    name: 'by hand, one statement an append',
    flip,
    verify: async () => {
      await flip('order-checked', 1)
      const { rows } = await pool.query("select key, payload from hand.record where id = 'order-checked' order by n")
      const kinds = rows.map(({ key, payload }) => [key, JSON.parse(payload).kind])
      deepEqual(kinds, [
        ['key-1', 'requested'],
        [null, 'stepped'],
        [null, 'stepped'],
        [null, 'stepped'],
      ])
      const { rowCount } = await pool.query("select from hand.head where id = 'order-checked' and phase = 'shipped'")
      deepEqual(rowCount, 1)
    },
    close: async () => undefined,
  }
}

class OrderByHand {
  readonly #pool: Pool
  readonly #id: string
  #version = 0
  #epoch = 0

  constructor(pool: Pool, id: string) {
    this.#pool = pool
    this.#id = id
  }

  async flip(turn: number): Promise<void> {
    const epoch = this.#epoch + 1
    await this.#append(epoch, 'open', { kind: 'requested', flip: 'ship', at: Date.now() }, `key-${turn}`)
    await this.#append(epoch, 'open', { kind: 'stepped', step: 'reserve', output: await done() })
    await this.#append(epoch, 'open', { kind: 'stepped', step: 'charge', output: await done() })
    await this.#append(epoch, 'shipped', { kind: 'stepped', step: 'send', output: await done(), then: 'committed' })
  }

  async #append(epoch: number, phase: string, payload: object, key: string | null = null): Promise<void> {
    const op = `${this.#id}/op-${this.#version}`
    const values = [this.#id, this.#version, this.#epoch, epoch, phase, op, key, JSON.stringify(payload)]
    const { rowCount } = await this.#pool.query({ ...APPEND, values })
    if (rowCount !== 1) throw new Error('somebody else was faster')
    this.#version += 1
    this.#epoch = epoch
  }
}
