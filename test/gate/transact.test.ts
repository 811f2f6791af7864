import { chart, createGate } from 'phasegate'
import { expect, test } from 'vitest'
import { kinds, stage } from './stage.ts'
import { type Tx, till } from './till.ts'

interface Deps {
  reserve(tx: Tx, context: object): unknown
  free(tx: Tx, context: { readonly output: number }): unknown
  ship(): unknown
}

const order = chart('order', { version: 1 })
  .deps<Deps>()
  .transaction<Tx>()
  .phase('open', { initial: true })
  .phase('placed', { final: true })
  .flip('place', (f) =>
    f
      .from('open')
      .to('placed')
      .transact('reserve', {
        run: (tx, context) => {
          tx.add('reserved')
          return context.deps.reserve(tx, context) ?? tx.read('reserved')
        },
        compensate: (tx, context) => context.deps.free(tx, context as never),
        timeout: '10s',
        retry: { attempts: 3, base: '1s', cap: '1s' },
      })
      .step('ship', { run: ({ deps, outputs }) => deps.ship() ?? outputs.reserve }),
  )
  .build()

const defaults: Deps = { reserve: () => undefined, free: (tx) => tx.add('freed'), ship: () => undefined }

function open(deps: Partial<Deps> = {}) {
  const shared = stage()
  const store = till(shared.journal)
  const gate = createGate(order, { ...shared, journal: store.journal, random: () => 1, deps: { ...defaults, ...deps } })
  return { ...shared, store, gate, order: gate.subject('o-1') }
}

test('a transact step commits its writes and its checkpoint together', async () => {
  const { order, store } = open()
  const { outputs } = await order.flip('place')
  expect(outputs).toEqual({ reserve: 1, ship: 1 })
  expect([...store.rows]).toEqual([['reserved', 1]])
  expect(await kinds(order)).toEqual(['requested', 'stepped', 'stepped', 'committed'])
})
