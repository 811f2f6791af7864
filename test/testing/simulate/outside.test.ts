import { describe, expect, test } from 'vitest'
import { throughBorder } from '../../../src/testing/simulate/outside.ts'
import { SimulatedProcess } from '../../../src/testing/simulate/process.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'

class Pool {
  #open = 0
  readonly name = 'pool'
  get open(): number {
    return this.#open
  }
  async connect(): Promise<Connection> {
    this.#open++
    return new Connection(this)
  }
  close(): void {
    this.#open--
  }
}

class Connection {
  readonly #pool: Pool
  constructor(pool: Pool) {
    this.#pool = pool
  }
  async query(text: string): Promise<{ readonly rows: readonly string[] }> {
    return { rows: [text] }
  }
  release(): void {
    this.#pool.close()
  }
}

function border() {
  const places: string[] = []
  const process = new SimulatedProcess('p', {
    met: ({ place, when }) => when === 'before' && places.push(place),
    died: () => undefined,
  })
  const clock = virtualClock()
  const through = <Deps>(deps: Deps): Deps => throughBorder(deps, { process, clock, from: 'step "a"' })
  return { places, process, clock, through }
}

describe('dependencies behind a border', () => {
  test('are called as they are, each call told with its path', async () => {
    const { places, through } = border()
    const pool = new Pool()
    const deps = through({ db: { main: pool }, limit: 7 })
    const connection = await deps.db.main.connect()
    expect(await connection.query('select 1')).toEqual({ rows: ['select 1'] })
    connection.release()
    expect([deps.db.main.name, deps.limit, pool.open]).toEqual(['pool', 7, 0])
    expect(places).toEqual([
      'db.main.connect() in step "a"',
      'db.main.connect().query() in step "a"',
      'db.main.connect().release() in step "a"',
    ])
  })

  test('look like what they are', () => {
    const { through } = border()
    const pool = new Pool()
    const deps = through({ pool, list: [1], names: new Map([['a', 1]]), at: new Date(0), none: null })
    expect(deps.pool).toBeInstanceOf(Pool)
    expect(deps.pool).toBe(deps.pool)
    expect(Object.keys(deps)).toEqual(['pool', 'list', 'names', 'at', 'none'])
    expect('pool' in deps).toBe(true)
    expect([Array.isArray(deps.list), deps.names.get('a'), deps.at.getTime(), deps.none]).toEqual([true, 1, 0, null])
  })

  test('may be frozen, a function, or none', async () => {
    const { places, through } = border()
    const frozen = through(Object.freeze({ api: Object.freeze({ go: async () => 'gone' }) }))
    expect(await frozen.api.go()).toBe('gone')
    expect(through((n: number) => n + 1)(1)).toBe(2)
    expect(through(undefined)).toBeUndefined()
    expect(places).toEqual(['api.go() in step "a"', 'deps() in step "a"'])
  })

  test('are changed by the living alone', () => {
    const { process, through } = border()
    const real = { count: 0 }
    const deps = through(real)
    deps.count = 1
    process.kill()
    deps.count = 2
    expect(real.count).toBe(1)
  })

  test('call back only who lives', async () => {
    const { process, through } = border()
    const listeners: (() => void)[] = []
    const heard: string[] = []
    const deps = through({ on: (listener: () => void) => void listeners.push(listener) })
    deps.on(() => heard.push('one'))
    for (const listener of listeners) listener()
    process.kill()
    for (const listener of listeners) listener()
    expect(heard).toEqual(['one'])
  })

  test('show the clock of the world as that of the process', async () => {
    const { process, clock, places, through } = border()
    const deps = through({ clock })
    const fired: number[] = []
    deps.clock.timer(5, () => fired.push(deps.clock.now() - clock.now()))
    await clock.advance(5)
    deps.clock.timer(5, () => fired.push(1))
    process.kill()
    await clock.advance(5)
    expect(fired).toEqual([0])
    expect(places, 'to look at the clock is no moment').toEqual([])
  })
})
