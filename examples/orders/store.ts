import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'pg'

export interface Order {
  readonly id: string
  readonly item: string
}

/** Where orders are kept. */
export interface Store {
  open(): Promise<void>
  add(item: string): Promise<Order>
  latest(): Promise<readonly Order[]>
  /** Takes its time. */
  report(): Promise<{ readonly orders: number }>
  close(): Promise<void>
}

/** PostgreSQL, if there is a URL; otherwise memory, so that nothing has to be installed to see the example. */
export function storeAt(url: string | undefined, failed: (error: Error) => void): Store {
  return url === undefined ? new MemoryStore() : new PostgresStore(url, failed)
}

class PostgresStore implements Store {
  readonly #pool: Pool

  constructor(url: string, failed: (error: Error) => void) {
    this.#pool = new Pool({ connectionString: url })
    this.#pool.on('error', failed)
  }

  async open(): Promise<void> {
    await this.#pool.query(
      'create table if not exists orders (id uuid primary key, item text not null, at timestamptz)',
    )
  }

  async add(item: string): Promise<Order> {
    const order = { id: randomUUID(), item }
    await this.#pool.query('insert into orders (id, item, at) values ($1, $2, now())', [order.id, item])
    return order
  }

  async latest(): Promise<readonly Order[]> {
    const { rows } = await this.#pool.query<Order>('select id, item from orders order by at desc limit 20')
    return rows
  }

  async report(): Promise<{ readonly orders: number }> {
    const { rows } = await this.#pool.query('select count(*)::int as orders, pg_sleep(0.4) from orders')
    return { orders: rows[0].orders }
  }

  close(): Promise<void> {
    return this.#pool.end()
  }
}

class MemoryStore implements Store {
  #orders: Order[] | undefined

  async open(): Promise<void> {
    this.#orders = []
  }

  async add(item: string): Promise<Order> {
    await pause(5)
    const order = { id: randomUUID(), item }
    this.#opened.push(order)
    return order
  }

  async latest(): Promise<readonly Order[]> {
    return this.#opened.slice(-20).reverse()
  }

  async report(): Promise<{ readonly orders: number }> {
    await pause(400)
    return { orders: this.#opened.length }
  }

  async close(): Promise<void> {
    this.#orders = undefined
  }

  /** As a pool that was ended, it serves nobody. */
  get #opened(): Order[] {
    if (this.#orders === undefined) throw new Error('the store is not open')
    return this.#orders
  }
}
